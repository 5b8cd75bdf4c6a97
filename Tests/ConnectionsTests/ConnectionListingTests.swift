import Testing

@testable import Connections

/// A server's record of one connection.
@Suite struct ConnectionListingTests {
    @Test func `A successor has the place and the arrival of its predecessor, which leaves the list`() {
        var first = ConnectionListing()
        first.begin(at: 4, serial: 9, now: 100)
        var second = ConnectionListing()
        second.move(from: &first)
        #expect(second.index == 4 && second.serial == 9 && second.since == 100)
        #expect(!first.isListed && second.isListed)
    }
}
