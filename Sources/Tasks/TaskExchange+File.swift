internal import Connections
internal import HTTP
internal import Sockets

/// `POST /write` and `GET /read`.
extension TaskExchange {
    /// What one helper job reads, in bytes.
    private static let pieceSize = 64 << 10

    // MARK: Writing

    /// 201 with `{"bytes": N}`: by how much the file grew, the newline included.
    func appendLine() {
        stage = .appending
        do throws(TaskRejection) {
            let line = try LineContent.line(in: content.readable)
            do throws(SharedFileError) {
                try service.files.append(line, completion: carried { $0.appended($1) })
                releaseContent()
            } catch {
                finish()
                reject(error)
            }
        } catch {
            finish()
            reject(error)
        }
    }

    private func appended(_ result: Result<Int, SharedFileError>) {
        guard case .appending = stage else { return }
        finish()
        switch result {
        case .success(let count):
            downstream.respond(status: 201, contentType: "application/json", text: "{\"bytes\": \(count)}\n")
        case .failure(let error): reject(error)
        }
    }

    // MARK: Reading

    func open(tailLines: Int?, isHead: Bool) {
        do throws(SharedFileError) {
            let ticket = try service.files.open(tailLines: tailLines, completion: carried { $0.opened($1) })
            stage = .opening(ticket, isHead: isHead)
        } catch {
            reject(error)
        }
    }

    private func opened(_ result: Result<SharedFile.Opened?, SharedFileError>) {
        guard case .opening(_, let isHead) = stage else { return }
        stage = .idle
        switch result {
        case .failure(let error):
            reject(error)
        case .success(nil):
            // The file comes into being with the first line. Until then it has no lines, and that is no error: a
            // reader need not know whether a writer was there before it.
            beginFile(length: 0)
            downstream.endResponse()
        case .success(let opened?):
            let length = opened.file.length - opened.start
            beginFile(length: length)
            guard length > 0, !isHead else {
                // The stage is idle and nothing is owed: a HEAD's response has no content.
                downstream.endResponse()
                return
            }
            stage = .reading(opened.file, offset: opened.start, isAsking: false)
            readNext()
        }
    }

    private func beginFile(length: Int) {
        downstream.beginResponse(status: 200)
        downstream.appendDate()
        downstream.appendField("content-type", TaskExchange.textType)
        downstream.endResponseHead(.length(UInt64(length)))
    }

    /// Asks for the next piece, unless one is being read or the client has enough to take already.
    func readNext() {
        guard case .reading(let file, let offset, isAsking: false) = stage, !downstream.isCongested else { return }
        let count = min(TaskExchange.pieceSize, file.length - offset)
        stage = .reading(file, offset: offset, isAsking: true)
        do throws(SharedFileError) {
            try service.files.read(file, at: offset, count: count, completion: carried { $0.read($1, wanted: count) })
        } catch {
            abort()
        }
    }

    private func read(_ result: Result<[UInt8], SharedFileError>, wanted: Int) {
        guard case .reading(let file, let offset, isAsking: true) = stage else { return }
        // A failing disk, or a file that has been cut: the length is told already, so the response can only break off.
        guard case .success(let piece) = result, piece.count == wanted else {
            abort()
            return
        }
        let next = offset + piece.count
        let isLast = next == file.length
        stage = isLast ? .idle : .reading(file, offset: next, isAsking: false)
        let serial = self.serial
        piece.withUnsafeBufferPointer { downstream.writeBody($0) }
        guard serial == self.serial else { return }
        if isLast {
            downstream.endResponse()
        } else {
            readNext()
        }
    }

    private func abort() {
        finish()
        downstream.abortResponse()
    }

    // MARK: From the helper threads

    /// A completion that takes its result to this exchange on its loop, and drops it there when the request has gone.
    private func carried<Value: Sendable>(
        _ action: @escaping @Sendable (TaskExchange, Result<Value, SharedFileError>) -> Void
    ) -> SharedFile.Completion<Value> {
        let serial = self.serial
        let loop = service.loop
        let exchange = LoopBound(self)
        return { result in
            loop.post {
                guard exchange.value.serial == serial else { return }
                action(exchange.value, result)
            }
        }
    }
}
