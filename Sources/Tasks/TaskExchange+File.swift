internal import Connections
internal import HTTP
internal import Sockets

/// Serves `POST /write` and `GET /read`.
extension TaskExchange {
    /// Bytes that one helper job reads.
    private static let pieceSize = 64 << 10

    // MARK: Writing

    /// Appends the line. The response is 201 with `{"bytes": N}`; N is the growth of the file with the newline.
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
            let permit = try service.files.open(tailLines: tailLines, completion: carried { $0.opened($1) })
            stage = .opening(permit, isHead: isHead)
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
            // The first line creates the file. Until then, the file counts as empty: a reader need not know whether a
            // writer came first.
            beginFile(length: 0)
            downstream.endResponse()
        case .success(let opened?):
            let length = opened.file.length - opened.start
            beginFile(length: length)
            guard length > 0, !isHead else {
                // The stage is idle already. A response to HEAD has no content.
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

    /// Requests the next piece, unless a read is in progress or the downstream is congested.
    func readNext() {
        guard case .reading(let file, let offset, isAsking: false) = stage, !downstream.checkCongestion() else {
            return
        }
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
        // A disk error, or the file became shorter. The head already gave the length, so the exchange aborts the
        // response.
        guard case .success(let piece) = result, piece.count == wanted else {
            abort()
            return
        }
        let next = offset + piece.count
        let isLast = next == file.length
        stage = isLast ? .idle : .reading(file, offset: next, isAsking: false)
        piece.withUnsafeBufferPointer { downstream.writeBody($0) }
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

    // MARK: Results of helper threads

    /// A completion that passes its result to this exchange on its event loop. The result is dropped if the request has
    /// ended.
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
