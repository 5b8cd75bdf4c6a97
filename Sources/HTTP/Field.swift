/// One field line of a head (RFC 9112 5), by offsets.
package struct Field: Sendable, Equatable {
    /// The name as received: a token, not empty.
    package var name: ByteRange
    /// The value without white space around it; may be empty. Holds no control byte but HTAB.
    package var value: ByteRange
    /// Which field it is, when it is one that this software treats in a way of its own.
    package var known: KnownField
    /// The field is for this connection only and must not be passed on: by its own nature (`KnownField.isHopByHop`) or
    /// because `Connection` nominates it (RFC 9110 7.6.1).
    package var isHopByHop: Bool

    package init(name: ByteRange, value: ByteRange, known: KnownField, isHopByHop: Bool) {
        self.name = name
        self.value = value
        self.known = known
        self.isHopByHop = isHopByHop
    }
}
