/// What a client sent too much of. Each ends the connection with ENHANCE_YOUR_CALM.
package enum HTTP2Flood: String, Sendable, CaseIterable {
    /// More CONTINUATION frames than one header block can need.
    case continuation
    /// A header block that unfolds to many times the limit of a head.
    case headerList = "header_list"
    /// DATA without content.
    case emptyData = "empty_data"
    case ping
    case settings
    case windowUpdate = "window_update"
    /// PRIORITY, which means nothing here, and frames of unknown types.
    case ignored
    /// Streams begun and given up at once (CVE-2023-44487), by RST_STREAM or by making us send it (CVE-2025-8671).
    case reset
    /// Frames that have to be acknowledged, faster than the client takes the acknowledgements.
    case acknowledgement
}
