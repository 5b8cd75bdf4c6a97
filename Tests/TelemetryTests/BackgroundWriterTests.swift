import Foundation
import Synchronization
import Testing

@testable import Telemetry

@Suite(.timeLimit(.minutes(5))) struct BackgroundWriterTests {
    private final class Sink: Sendable {
        let written = Mutex<[[UInt8]]>([])
        let gate = DispatchSemaphore(value: 0)
    }

    @Test func `A stopped reader delays no thread, and the lost lines are counted`() throws {
        let sink = Sink()
        let writer = try BackgroundWriter(name: "test", maximumWaiting: 1000) { batch in
            sink.gate.wait()
            sink.written.withLock { $0.append(batch) }
        }
        let line = Array(String(repeating: "x", count: 99).utf8) + [UInt8(ascii: "\n")]
        for _ in 0..<50 { writer.write(line, lines: 1) }
        #expect(writer.droppedLines == 40)
        writer.flush(patienceMilliseconds: 10, limitMilliseconds: 10)
        #expect(sink.written.withLock { $0.count } == 0)
        for _ in 0..<10 { sink.gate.signal() }
        writer.flush(patienceMilliseconds: 30_000, limitMilliseconds: 30_000)
        #expect(sink.written.withLock { $0.count } == 10)
        // There is room again.
        sink.gate.signal()
        writer.write(line, lines: 1)
        writer.flush(patienceMilliseconds: 30_000, limitMilliseconds: 30_000)
        #expect(sink.written.withLock { $0.count } == 11)
        #expect(writer.droppedLines == 40)
    }

    @Test func `A burst of thousands of lines loses none and keeps their order`() throws {
        let pipe = Pipe()
        let written = Mutex(LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor))
        let writer = try BackgroundWriter(name: "test", maximumWaiting: 4 << 20) { batch in
            let lost = written.withLock { $0.write(batch) }
            #expect(lost == 0)
        }
        let count = 5000
        for number in 0..<count { writer.write(Array("line \(number) of some length\n".utf8), lines: 1) }
        // The text exceeds a pipe's buffer, so the writer's thread waits for this reader.
        let expected = (0..<count).map { "line \($0) of some length\n" }.joined()
        var read = Data()
        while read.count < expected.utf8.count { read += pipe.fileHandleForReading.availableData }
        #expect(String(decoding: read, as: UTF8.self) == expected)
        #expect(writer.droppedLines == 0)
    }

    @Test func `The end of a process waits for a slow reader that takes lines, and not for a stopped one`() throws {
        let sink = Sink()
        let writer = try BackgroundWriter(name: "test", maximumWaiting: 1000) { batch in
            sink.gate.wait()
            sink.written.withLock { $0.append(batch) }
        }
        let line = Array("a line\n".utf8)
        for _ in 0..<30 { writer.write(line, lines: 1) }
        /// The lines that are taken in a flush with a patience of 1 s, and a reader that takes one line each 900 ms.
        func taken(atMost count: Int, limitMilliseconds: Int) -> Int {
            var milliseconds: UInt64 = 0
            var taken = 0
            writer.flush(
                patienceMilliseconds: 1000, limitMilliseconds: limitMilliseconds,
                clock: { milliseconds * 1_000_000 },
                pause: {
                    milliseconds += 900
                    guard taken < count else { return }
                    taken += 1
                    let waiting = writer.waitingCount
                    sink.gate.signal()
                    while writer.waitingCount == waiting { sched_yield() }
                })
            return taken
        }
        #expect(taken(atMost: 10, limitMilliseconds: 60_000) == 10)
        #expect(taken(atMost: 10, limitMilliseconds: 5000) == 6)
        #expect(taken(atMost: 100, limitMilliseconds: 60_000) == 14)
        #expect(sink.written.withLock { $0.count } == 30)
    }
}
