/// The kinds of floods. Each ends the connection with ENHANCE_YOUR_CALM.
package enum HTTP2Flood: String, Sendable, CaseIterable {
    /// More CONTINUATION frames than one header block can need.
    case continuation
    /// A header block that decompresses to many times the limit of a head.
    case headerList = "header_list"
    /// Requests that are refused for their head, or for want of memory.
    case refusedHead = "refused_head"
    /// DATA without content.
    case emptyData = "empty_data"
    case ping
    case settings
    case windowUpdate = "window_update"
    /// PRIORITY, which has no effect here, and frames of unknown types.
    case ignored
    /// Content or fields for closed streams.
    case closedStream = "closed_stream"
    /// Streams that are begun and cancelled at once, by the client's RST_STREAM (CVE-2023-44487) or by ones that it
    /// provokes (CVE-2025-8671).
    case reset
    /// Frames that need an acknowledgement, faster than the client reads the acknowledgements.
    case acknowledgement
}
