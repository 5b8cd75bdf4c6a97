import Foundation
import Testing

extension EndToEnd {
    /// The commands in docs/operations.md run as they are written.
    @Suite struct Operations {
        /// A block of shell commands with the comment above it.
        private struct Block {
            let mark: String
            let text: String
            var isRun: Bool { mark == "<!-- run -->" }
        }

        private static var blocks: [Block] {
            var blocks: [Block] = []
            var open: (mark: String, lines: [String])?
            var last = ""
            for line in Files.text("\(Files.packageRoot)/docs/operations.md").components(separatedBy: "\n") {
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

        @Test func `Each block says whether a test runs it, or why not`() {
            #expect(Operations.blocks.count > 8)
            for block in Operations.blocks where !block.isRun {
                #expect(block.mark.wholeMatch(of: /<!-- not run: [a-z;, -]+ -->/) != nil, "\(block.text)")
            }
        }

        /// The commands use the default ports, so they get a network of their own.
        @Test(.enabled(if: Privileges.canMakeNamespaces && TestCertificates.scheme == "https"))
        func `The blocks of the first day succeed one after another`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer {
                for process in ProcessTable.withArgument(containing: folder) { kill(process, SIGKILL) }
                Files.remove(folder)
            }
            let blocks = Operations.blocks.filter(\.isRun)
            #expect(blocks.count >= 5)
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
                ], in: folder, seconds: 3 * Patience.seconds)
            #expect(result.status == 0, "\(result)")
            #expect(result.text.contains("block \(blocks.count - 1) is done"), "\(result)")
            #expect(result.text.contains("queue-timeout: 2s -> 3s"), "\(result.text)")
            try waitUntil("no process of the cluster is left") {
                ProcessTable.withArgument(containing: folder).isEmpty
            }
        }
    }
}
