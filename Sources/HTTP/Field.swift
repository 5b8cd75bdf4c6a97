/// One field line of a head (RFC 9112 5), by offsets.
package struct Field: Sendable, Equatable {
    /// The name as received: a token; never empty.
    package var name: ByteRange
    /// The value without surrounding white space; may be empty. The value contains no control byte except HTAB.
    package var value: ByteRange
    /// The known field with this name, or `.other`.
    package var known: KnownField
    /// True when a proxy must not forward the field, because the field applies to this connection only. Either its name
    /// says so (`KnownField.isHopByHop`), or `Connection` nominates it (RFC 9110 7.6.1).
    package var isHopByHop: Bool

    package init(name: ByteRange, value: ByteRange, known: KnownField, isHopByHop: Bool) {
        self.name = name
        self.value = value
        self.known = known
        self.isHopByHop = isHopByHop
    }
}
