import Foundation
import Testing

extension EndToEnd {
    /// The commands in docs/operations.md run as they are written.
    @Suite struct Operations {
        /// A block of shell commands with the comment above it.
        private struct Block: CustomTestStringConvertible, Sendable {
            let mark: String
            let text: String
            var isRun: Bool { mark == "<!-- run -->" }
            var testDescription: String { text.components(separatedBy: "\n")[0] }

            /// What a block needs that no test has; nil if the mark gives no reason.
            var needs: [String]? {
                mark.wholeMatch(of: /<!-- not run: needs ([a-z, ]+) -->/)?.1
                    .components(separatedBy: " and ")
            }
        }

        /// What tells that a block has the need that its mark names.
        private static let signs = [
            "another host": #"\b10\.0\.0\.|\bssh "#,
            "root": #"\b(apt|ip address|chown|journalctl -k)\b|/var/log/|^cd /etc/understudy/"#,
            "a container runtime": #"\b(docker|podman|buildah|kubectl) "#,
            "systemd": #"\b(systemctl|journalctl|timedatectl)\b"#,
        ]

        private static func blocks(of document: String) -> [Block] {
            var blocks: [Block] = []
            var open: (mark: String, lines: [String])?
            var last = ""
            for line in Files.text("\(Files.packageRoot)/docs/\(document)").components(separatedBy: "\n") {
                if line == "```", let block = open {
                    blocks.append(Block(mark: block.mark, text: block.lines.joined(separator: "\n")))
                    open = nil
                } else if line == "```sh" {
                    open = (last, [])
                } else {
                    open?.lines.append(line)
                }
                last = line
            }
            return blocks
        }

        @Test(arguments: ["operations.md", "observing.md", "packages.md"])
        func `Each block is run by a test, or needs what no test has`(document: String) throws {
            let blocks = Operations.blocks(of: document)
            #expect(!blocks.isEmpty)
            for block in blocks where !block.isRun {
                let needs = try #require(block.needs, "\(block.mark)\n\(block.text)")
                for need in needs {
                    let sign = try #require(Operations.signs[need], "\(need)")
                    #expect(block.text.contains(try Regex(sign).anchorsMatchLineEndings()), "\(block.text)")
                }
            }
        }

        /// The commands use the default ports, so they get a network of their own.
        @Test(.enabled(if: Privileges.canMakeNamespaces && TestCertificates.scheme == "https"))
        func `The blocks of the document succeed one after another`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer {
                for process in ProcessTable.withArgument(containing: folder) { kill(process, SIGKILL) }
                Files.remove(folder)
            }
            let blocks = Operations.blocks(of: "operations.md").filter(\.isRun)
            #expect(blocks.count > 30)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/certs", withDestinationPath: "\(Files.packageRoot)/certs")
            // A waiting loop may fail inside, and the last command of a block decides like every other one.
            let script = blocks.enumerated().map { "\($1.text)\necho 'block \($0) is done'\n" }.joined()
            let result = try Command.run(
                "unshare",
                [
                    "--net", "env", "CERTS=\(folder)/made", "STATE=\(folder)/state",
                    "PATH=\(Files.products):/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "bash", "-euc",
                    "ip link set lo up\n\(script)",
                ], in: folder, seconds: 6 * Patience.seconds)
            let last = result.text.matches(of: /block (\d+) is done/).last.flatMap { Int($0.1) } ?? -1
            let next = last + 1 < blocks.count ? blocks[last + 1].text : ""
            #expect(result.status == 0, "\(next)\n\(result)")
            #expect(last == blocks.count - 1, "\(next)\n\(result)")
            for text in Operations.answers { #expect(result.text.contains(text), "\(text)\n\(result.text)") }
            try waitUntil("no process of the cluster is left") {
                ProcessTable.withArgument(containing: folder).isEmpty
            }
        }

        /// What an operator has to see, besides commands that succeed.
        private static let answers = [
            "the shop is open",
            "empty.yaml: no mistakes",
            "queue-timeout: 2s -> 3s",
            "memory-limit: 128MiB -> 256MiB",
            #""reason":"failed probes (status 503: the application takes no connections"#,
            "unknown key queue-timeut: did you mean queue-timeout?",
            "worker.yaml: no mistakes",
            "the balancer hangs: its process has been killed",
            "taking over after epoch",
            "first_byte_ms=",
        ]
    }
}
