#if TLS
    @testable import TLSServer
    import Testing

    /// Keys and records against the published trace of a connection (RFC 8448, 3: "Simple 1-RTT Handshake").
    struct RecordCipherTests {
        private static func bytes(_ text: String) -> [UInt8] {
            let digits = text.filter { !$0.isWhitespace }.utf8.map {
                UInt8(Character(UnicodeScalar($0)).hexDigitValue ?? 0)
            }
            return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        }

        private static let clientSecret = bytes(
            """
            9e 40 64 6c e7 9a 7f 9d c0 5a f8 88 9b ce 65 52
            87 5a fa 0b 06 df 00 87 f7 92 eb b7 c1 75 04 a5
            """)

        static func secret(_ bytes: [UInt8] = clientSecret, suite id: UInt16 = 0x1301) throws -> TrafficSecret {
            let suite = try #require(CipherSuite.suite(id: id))
            let derivation = try #require(KeyDerivation(hashName: suite.hashName, hashSize: suite.hashSize))
            return try #require(TrafficSecret(bytes, suite: suite, derivation: derivation))
        }

        private static func seal(_ cipher: RecordCipher, _ content: [UInt8], as type: ContentType) throws -> [UInt8] {
            var record = [UInt8](repeating: 0, count: content.count + RecordFormat.overhead)
            let size = try content.withUnsafeBytes { source in
                try record.withUnsafeMutableBytes { target in
                    let start = try #require(target.baseAddress)
                    return try #require(cipher.seal(source, as: type, at: start))
                }
            }
            #expect(size == record.count)
            return record
        }

        private static func open(_ cipher: RecordCipher, _ record: [UInt8]) -> [UInt8]? {
            var record = record
            return record.withUnsafeMutableBytes { memory in
                guard let start = memory.baseAddress else { return nil }
                let target = start + RecordFormat.headerSize
                guard let count = cipher.open(memory, into: target) else { return nil }
                return [UInt8](UnsafeRawBufferPointer(start: target, count: count))
            }
        }

        @Test func keysComeFromTheSecret() throws {
            let keys = try RecordCipherTests.secret().withKeys { key, nonce in
                (
                    [UInt8](UnsafeBufferPointer(start: key, count: 16)),
                    [UInt8](UnsafeBufferPointer(start: nonce, count: 12))
                )
            }
            #expect(keys?.0 == RecordCipherTests.bytes("17 42 2d da 59 6e d5 d9 ac d8 90 e3 c6 3f 50 51"))
            #expect(keys?.1 == RecordCipherTests.bytes("5b 78 92 3d ee 08 57 90 33 e5 23 d9"))
        }

        @Test func recordsAreTheOnesOfTheTrace() throws {
            let sealer = try #require(RecordCipher(.seal, secret: try RecordCipherTests.secret()))
            let content = try RecordCipherTests.seal(sealer, (0..<50).map { UInt8($0) }, as: .applicationData)
            #expect(
                content
                    == RecordCipherTests.bytes(
                        """
                        17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f
                        2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6
                        3a ee bb 21 69 49 15 e4
                        """))
            let goodbye = try RecordCipherTests.seal(sealer, [1, 0], as: .alert)
            #expect(
                goodbye
                    == RecordCipherTests.bytes(
                        "17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3"))
        }

        @Test(arguments: [(UInt16(0x1301), 32), (0x1302, 48), (0x1303, 32)])
        func sealedRecordsCanBeOpened(id: UInt16, secretSize: Int) throws {
            let bytes = (0..<secretSize).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
            let sealer = try #require(RecordCipher(.seal, secret: try RecordCipherTests.secret(bytes, suite: id)))
            let opener = try #require(RecordCipher(.open, secret: try RecordCipherTests.secret(bytes, suite: id)))
            for size in [0, 1, 15, 16, 17, 1000, RecordFormat.maximumContent] {
                let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                let record = try RecordCipherTests.seal(sealer, content, as: .applicationData)
                #expect(RecordCipherTests.open(opener, record) == content + [ContentType.applicationData.rawValue])
            }
            // After an update the old key decrypts no record, and the next key does.
            #expect(sealer.update())
            let record = try RecordCipherTests.seal(sealer, [1, 2, 3], as: .handshake)
            #expect(opener.update())
            #expect(RecordCipherTests.open(opener, record) == [1, 2, 3, ContentType.handshake.rawValue])
        }

        @Test func everyBitCounts() throws {
            let record = try RecordCipherTests.seal(
                try #require(RecordCipher(.seal, secret: try RecordCipherTests.secret())), [1, 2, 3],
                as: .applicationData)
            for index in 0..<(record.count * 8) {
                var damaged = record
                damaged[index / 8] ^= 1 << (index % 8)
                let opener = try #require(RecordCipher(.open, secret: try RecordCipherTests.secret()))
                #expect(RecordCipherTests.open(opener, damaged) == nil, "bit \(index)")
            }
            // A repeated record, and a missing one.
            let opener = try #require(RecordCipher(.open, secret: try RecordCipherTests.secret()))
            #expect(RecordCipherTests.open(opener, record) != nil)
            #expect(RecordCipherTests.open(opener, record) == nil)
        }

        @Test func aSecretHasTheSizeOfItsHash() throws {
            let suite = try #require(CipherSuite.suite(id: 0x1302))
            let derivation = try #require(KeyDerivation(hashName: suite.hashName, hashSize: suite.hashSize))
            #expect(TrafficSecret(RecordCipherTests.clientSecret, suite: suite, derivation: derivation) == nil)
            #expect(CipherSuite.suite(id: 0x1304) == nil)
        }

        @Test func aKeyIsUsedUpAtItsBound() throws {
            let secret = try RecordCipherTests.secret()
            let sealer = try #require(RecordCipher(.seal, secret: secret, sequence: secret.suite.recordLimit))
            #expect(sealer.isUsedUp)
            #expect(sealer.update())
            #expect(!sealer.isUsedUp)
        }
    }
#endif
