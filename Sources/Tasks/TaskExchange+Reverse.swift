internal import Connections
internal import HTTP
internal import Sockets

/// Serves `POST /reverse`.
extension TaskExchange {
    /// Checks the complete content and waits for the delay. The wait holds the text, but no thread.
    func beginWaiting(milliseconds: Int) {
        guard let text = String(validating: content.readable, as: UTF8.self) else {
            finish()
            downstream.respond(status: 400, error: "the content must be UTF-8")
            return
        }
        releaseContent(keepingHeld: true)
        if milliseconds > 0 {
            stage = .waiting(text)
            timer.set(afterMilliseconds: milliseconds)
        } else {
            reverse(text)
        }
    }

    /// Responds with the grapheme clusters of `text` in reverse order. An accent stays with its letter, and a family
    /// emoji stays whole.
    func reverse(_ text: String) {
        guard text.utf8.count > TaskLimits.reversedOnLoopBytes else {
            respondReversed(String(text.reversed()))
            return
        }
        stage = .reversing
        let serial = self.serial
        let loop = service.loop
        let exchange = LoopBound(self)
        let isTaken = service.files.assist {
            let reversed = String(text.reversed())
            loop.post {
                guard exchange.value.serial == serial else { return }
                exchange.value.respondReversed(reversed)
            }
        }
        if !isTaken {
            finish()
            reject(.stopped)
        }
    }

    private func respondReversed(_ text: String) {
        finish()
        downstream.respond(status: 200, contentType: TaskExchange.textType, text: text)
    }
}
