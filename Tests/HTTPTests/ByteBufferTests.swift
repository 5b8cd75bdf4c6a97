import HTTP
import Testing

@Suite struct ByteBufferTests {
    @Test func holdsNoMemoryUntilTheFirstByte() {
        var buffer = ByteBuffer()
        #expect(buffer.capacity == 0)
        buffer.append("")
        buffer.append("" as StaticString)
        buffer.append(UnsafeBufferPointer(start: nil, count: 0))
        #expect(buffer.capacity == 0)
        #expect(buffer.isEmpty == true)
        #expect(buffer.readable.count == 0)
        buffer.consume(0)
        buffer.append(byte: 0x61)
        #expect(buffer.capacity > 0)
        #expect(text(buffer) == "a")
        buffer.removeAll()
        #expect(buffer.isEmpty == true)
        #expect(buffer.capacity > 0)
        buffer.release()
        #expect(buffer.capacity == 0)
        buffer.append("b")
        #expect(text(buffer) == "b")
    }

    @Test func appendsEveryKind() {
        var buffer = ByteBuffer()
        buffer.append("static " as StaticString)
        buffer.append(text: String("caf\u{e9} "))
        buffer.append(text: String(repeating: "long ", count: 5))
        Array("bytes".utf8).withUnsafeBufferPointer { buffer.append($0) }
        buffer.append("\u{2713}" as StaticString)
        #expect(text(buffer) == "static caf\u{e9} long long long long long bytes\u{2713}")
    }

    @Test(arguments: [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 65535, 1 << 32, UInt64(Int64.max), .max])
    func writesNumbers(_ number: UInt64) {
        var buffer = ByteBuffer()
        buffer.append(decimal: number)
        buffer.append(byte: 0x20)
        buffer.append(hexadecimal: number)
        buffer.append(byte: 0x20)
        buffer.append(paddedHexadecimal: number)
        let hexadecimal = String(number, radix: 16)
        let padded = String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal
        #expect(text(buffer) == "\(number) \(hexadecimal) \(padded)")
    }

    /// Compares the buffer with a plain array. The random sizes make the buffer grow, move its bytes and become empty.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func behavesLikeAQueue(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var buffer = ByteBuffer()
        var model: [UInt8] = []
        for _ in 0..<5000 {
            let size = Int.random(in: 0...700, using: &random)
            let chunk = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                chunk.withUnsafeBufferPointer { buffer.append($0) }
                model += chunk
            case 2:
                let target = buffer.reserve(size)
                #expect(target.count >= max(size, 1))
                for (index, byte) in chunk.enumerated() { target[index] = byte }
                buffer.commit(size)
                model += chunk
            default:
                let count = Int.random(in: 0...min(model.count, 1500), using: &random)
                buffer.consume(count)
                model.removeFirst(count)
            }
            #expect(buffer.count == model.count)
            #expect(buffer.isEmpty == model.isEmpty)
            let isEqual = buffer.readable.elementsEqual(model)
            #expect(isEqual)
        }
    }

    @Test func doesNotGrowWhileItIsDrained() {
        var buffer = ByteBuffer()
        let piece = [UInt8](repeating: 7, count: 300)
        for _ in 0..<10_000 {
            piece.withUnsafeBufferPointer { buffer.append($0) }
            if buffer.count > 600 { buffer.consume(300) }
        }
        #expect(buffer.capacity <= 4096)
    }
}
