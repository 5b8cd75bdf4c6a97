private import Glibc

/// A command for `/bin/sh -c`, which an operator gave in a setting.
package struct ShellCommand: Sendable {
    private let text: String

    package init(_ text: String) { self.text = text }

    /// Why the shell can't begin the command: its program is not there. Nil if the program is there, or if only the shell can
    /// tell which program it is.
    package var problem: String? {
        problem(path: getenv("PATH").map { String(cString: $0) } ?? ShellCommand.defaultPath)
    }

    /// The folders in which the shell looks without the environment's `PATH`.
    private static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// - Parameter path: the folders of programs, with colons between.
    func problem(path: String) -> String? {
        guard let program, !ShellCommand.known.contains(program) else { return nil }
        if program.contains("/") {
            if ShellCommand.isExecutable(program) { return nil }
            return "\(program) is no file that can be executed: give the path of the program"
        }
        let folders = path.split(separator: ":", omittingEmptySubsequences: false)
        let isThere = folders.contains { ShellCommand.isExecutable($0.isEmpty ? program : "\($0)/\(program)") }
        return isThere ? nil : "\(program) is in no folder of PATH: give the path of the program"
    }

    /// The first word, which names the program. Nil if the shell expands it, or if it assigns a variable or opens a group.
    private var program: String? {
        let word = text.drop { " \t".contains($0) }.prefix { !" \t\n;&|<>".contains($0) }
        return word.isEmpty || word.contains { ShellCommand.special.contains($0) } ? nil : String(word)
    }

    /// With one of these characters a word is not plain text for the shell (POSIX.1-2017, XCU 2.2 to 2.4).
    private static let special: Set<Character> = ["\"", "'", "\\", "$", "`", "=", "(", ")", "*", "?", "~", "#"]

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// The reserved words and the built-in utilities of the shell (POSIX.1-2017, XCU 2.4, 2.14 and 1.6).
    private static let known: Set = [
        "!", "case", "for", "if", "until", "while", "{", ".", ":", "break", "continue", "eval", "exec", "exit",
        "export", "readonly", "return", "set", "shift", "times", "trap", "unset", "[", "alias", "bg", "cd", "command",
        "echo", "false", "fg", "getopts", "hash", "jobs", "kill", "printf", "pwd", "read", "test", "true", "type",
        "ulimit", "umask", "unalias", "wait", "local",
    ]
}
