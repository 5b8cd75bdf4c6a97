import Testing

@testable import Cluster

@Suite struct EpochFileTests {
    /// The file after these epochs were granted in order, and its content before the last grant.
    private static func file(of epochs: [UInt64]) -> (last: [UInt8], before: [UInt8]) {
        var bytes = EpochFile.bytes(of: Epoch(epochs[0]))
        var before = bytes
        for epoch in epochs.dropFirst() {
            before = bytes
            let offset = EpochFile(bytes).offsetOfNextLine
            bytes.replaceSubrange(offset..<offset + EpochFile.lineLength, with: EpochFile.line(of: Epoch(epoch)))
        }
        return (bytes, before)
    }

    @Test(arguments: [[1], [1, 2], [1, 2, 3], [8, 9, 10, 11], [1 << 62], [19, 20]] as [[UInt64]])
    func theHighestEpochIsRead(epochs: [UInt64]) {
        let (bytes, _) = Self.file(of: epochs)
        #expect(bytes.count == 2 * EpochFile.lineLength)
        #expect(EpochFile(bytes).epoch?.value == epochs.last)
    }

    @Test func theLinesAreForPeopleToo() {
        let text = String(decoding: EpochFile.bytes(of: Epoch(12)), as: UTF8.self)
        #expect(
            text.split(separator: "\n").map { $0.prefix(21) } == ["00000000000000000012 ", "00000000000000000000 "])
    }

    /// Whichever bytes of a write have reached the disk, the last earlier grant is still known.
    @Test(arguments: [[1, 2], [1, 2, 3], [9, 10], [98, 99, 100], [19, 20, 21]] as [[UInt64]])
    func aTornWriteCostsOnlyTheNewEpoch(epochs: [UInt64]) {
        let (after, before) = Self.file(of: epochs)
        let known = epochs[epochs.count - 2]
        for cut in 0...after.count {
            let isForward = EpochFile(Array(after.prefix(cut) + before.dropFirst(cut))).epoch
            let isBackward = EpochFile(Array(before.prefix(cut) + after.dropFirst(cut))).epoch
            for read in [isForward, isBackward] {
                #expect(read?.value == known || read?.value == epochs.last, "cut at \(cut)")
            }
        }
    }

    @Test(arguments: [[], Array("12\n".utf8), Array(repeating: 0, count: 76), Array(repeating: 0xFF, count: 200)])
    func aDamagedFileIsRejected(bytes: [UInt8]) {
        #expect(EpochFile(bytes).epoch == nil)
    }

    @Test func aChangedDigitIsFound() {
        var bytes = EpochFile.bytes(of: Epoch(12))
        bytes[18] = UInt8(ascii: "9")
        #expect(EpochFile(bytes).epoch == Epoch.none)
    }
}
