internal import Glibc
internal import Sockets

/// The terminal of a command that redraws: a screen of its own without a cursor, and keys without Return.
///
/// A frame is one write that overwrites the last one line by line, so nothing flickers.
final class Terminal {
    /// A person has pressed q or Ctrl-C.
    var onQuit: () -> Void = {}
    private var saved: termios?
    private var keys: Keys?
    private var isRestored = true

    // ECMA-48, and the private modes of xterm: the other screen, the cursor, lines that end at the margin.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Nil if standard output is no terminal.
    init?(on loop: EventLoop) {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var mode = termios()
        if isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &mode) == 0 {
            saved = mode
            // Ctrl-C arrives as a byte, so the end is always the same.
            mode.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
            tcsetattr(STDIN_FILENO, TCSANOW, &mode)
            keys = try? Keys(on: loop) { [unowned self] in onQuit() }
        }
        isRestored = false
        _ = Terminal.write(Terminal.enter)
    }

    deinit { restore() }

    /// Shows the screen from before.
    func restore() {
        guard !isRestored else { return }
        isRestored = true
        _ = Terminal.write(Terminal.leave)
        if var saved { tcsetattr(STDIN_FILENO, TCSANOW, &saved) }
    }

    func draw(_ lines: [String]) {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 1
        let rows = isKnown ? Int(size.ws_row) : 24
        var shown = lines
        if shown.count > rows { shown = lines.prefix(rows - 1) + ["... and \(lines.count - rows + 1) more lines"] }
        let text = shown.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        _ = Terminal.write("\u{1B}[H\(text)\u{1B}[J")
    }

    /// Returns false if nobody reads standard output.
    static func write(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The keyboard.
    private final class Keys: EventSource {
        private let loop: EventLoop
        private let onQuit: () -> Void

        init(on loop: EventLoop, onQuit: @escaping () -> Void) throws(SystemError) {
            self.loop = loop
            self.onQuit = onQuit
            super.init()
            try loop.watch(self, descriptor: STDIN_FILENO, for: .readable)
        }

        override func ready(_ readiness: Readiness) {
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            // Without a keyboard, signals end the command.
            if count <= 0 { return loop.unwatch(self) }
            let quits: Set<UInt8> = [UInt8(ascii: "q"), UInt8(ascii: "Q"), 3]
            if bytes.prefix(count).contains(where: { quits.contains($0) }) { onQuit() }
        }
    }
}
