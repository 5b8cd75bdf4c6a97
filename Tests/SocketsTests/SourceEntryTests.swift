import Testing

@testable import Sockets

/// A loop's record of one source.
@Suite struct SourceEntryTests {
    private let registration = EventLoop.Registration(index: 3, generation: 7)

    @Test func `The interest lasts as long as the registration`() {
        var entry = SourceEntry()
        entry.begin(registration, for: .readable)
        #expect(entry.isWatched && entry.registration == registration && entry.interest == .readable)
        let ended = entry.end()
        #expect(ended?.registration == registration && ended?.interest == .readable)
        #expect(!entry.isWatched && entry.interest == [])
        #expect(entry.end() == nil)
    }

    @Test func `Only a new interest of a registered source changes the kernel's`() {
        var entry = SourceEntry()
        #expect(entry.change(to: .readable) == nil && entry.interest == [])
        entry.begin(registration, for: .readable)
        #expect(entry.change(to: .readable) == nil)
        #expect(entry.change(to: [.readable, .writable]) == registration)
        #expect(entry.interest == [.readable, .writable])
    }

    @Test func `Due calls and a watch without a descriptor survive the end of a registration`() {
        var entry = SourceEntry()
        entry.isWatchedWithoutDescriptor = true
        entry.isDueAtEndOfTurn = true
        entry.begin(registration, for: .readable)
        _ = entry.end()
        #expect(entry.isWatched && entry.isDueAtEndOfTurn)
    }
}
