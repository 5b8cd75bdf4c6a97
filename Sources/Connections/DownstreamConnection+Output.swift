package import HTTP
internal import Sockets

/// From responses to bytes.
extension DownstreamConnection {
    /// Content of this size goes to the socket from where it lies, when nothing waits before it.
    private static let directWriteSize = 4 << 10

    /// Whether a response may still be begun for the present request.
    package var canRespond: Bool { isExchangeActive && !isResponseStarted && phase != .closed }

    /// Writes an interim response (100) if the client is still waiting for one.
    package func writeContinue() {
        guard canRespond, !isHTTP10 else { return }
        isContinueOwed = false
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
        loop.callAtEndOfTurn(self)
    }

    /// Begins the response's head. Fields follow in `output`, then `endResponseHead`.
    package func beginResponse(status: UInt16) {
        precondition(canRespond, "a response was begun twice or without a request")
        isResponseStarted = true
        output.appendStatusLine(status)
        server.counters.count(status: status)
        if status == 101 || status == 204 || status == 304 { isHeadRequest = true }
    }

    /// Ends the head with the fields that belong to this hop.
    ///
    /// `framing` is what the content will be: `.chunked` for an unknown length, which a client of HTTP/1.0 gets until
    /// the close; `.none` where there can be none (HEAD, 204, 304). A HEAD's response states the framing that the
    /// GET's would have.
    package func endResponseHead(_ framing: BodyFraming) {
        var framing = framing
        switch framing {
        case .length(let length):
            output.appendField(name: "content-length", decimal: length)
            contentLeft = length
        case .chunked, .untilClose:
            if isHTTP10 {
                framing = .untilClose
                keepsAlive = false
            } else {
                framing = .chunked
                output.appendField("transfer-encoding", "chunked")
            }
        case .none: break
        }
        self.framing = isHeadRequest ? .none : framing
        // A final answer instead of the 100: whether the content still comes nobody can tell (RFC 9110, 10.1.1).
        if (isInputEnded && pending.isEmpty) || server.isDraining || isContinueOwed { keepsAlive = false }
        if !keepsAlive {
            output.appendField("connection", "close")
        } else if isHTTP10 {
            output.appendField("connection", "keep-alive")
        }
        output.append("\r\n")
        loop.callAtEndOfTurn(self)
    }

    /// Sends content; copies what the socket does not take. Content beyond the announced length is our own fault and
    /// ends the connection.
    package func writeBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard phase != .closed, !isResponseEnded, !bytes.isEmpty else { return }
        switch framing {
        case .none: return
        case .length:
            guard UInt64(bytes.count) <= contentLeft else {
                close()
                return
            }
            contentLeft -= UInt64(bytes.count)
            writeRaw(bytes)
        case .chunked:
            output.appendChunkHead(bytes.count)
            output.append(bytes)
            output.appendChunkTail()
        case .untilClose:
            writeRaw(bytes)
        }
        if isCongested { flush() }
        if isCongested { wasCongested = true }
        if phase != .closed { loop.callAtEndOfTurn(self) }
    }

    private func writeRaw(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard output.isEmpty, !isWriteBlocked, bytes.count >= DownstreamConnection.directWriteSize else {
            output.append(bytes)
            return
        }
        var written = 0
        while written < bytes.count {
            let rest = UnsafeBufferPointer(rebasing: bytes[written...])
            switch transport.write(rest) {
            case .bytes(let count): written += count
            case .wouldBlock:
                // TLS wants the same bytes again: they are the first of what is kept.
                output.append(rest)
                writeBlocked()
                return
            case .endOfStream, .failed:
                close()
                return
            }
        }
    }

    /// Ends the response. Content that was announced and not written is our own fault and breaks the connection off,
    /// so that the client can tell.
    package func endResponse() {
        guard phase != .closed, isExchangeActive, isResponseStarted, !isResponseEnded else { return }
        switch framing {
        case .chunked: output.appendLastChunk()
        case .length where contentLeft > 0:
            close()
            return
        case .length, .none, .untilClose: break
        }
        isResponseEnded = true
        loop.callAtEndOfTurn(self)
        if isRequestRead || !keepsAlive {
            exchangeEnded()
        } else {
            // The rest of the request is read and dropped, within a bound, to keep the connection.
            resumeReading()
        }
    }

    /// The response breaks off in the middle: the client must be able to tell, so no proper end is written.
    package func abortResponse() {
        close()
    }

    func exchangeEnded() {
        guard phase != .closed else { return }
        if isExchangeActive {
            isExchangeActive = false
            server.exchangeEnded()
        }
        if keepsAlive {
            phase = .awaitingHead
            timer.set(afterMilliseconds: server.limits.idleMilliseconds)
            if isReadingPaused { resumeReading() }
            // Inside `process` the loop there goes on by itself.
            continueWithPending()
        } else {
            isEnding = true
            loop.callAtEndOfTurn(self)
        }
    }

    func flush() {
        var hasMoved = false
        while !output.isEmpty && !isWriteBlocked {
            switch transport.write(output.readable) {
            case .bytes(let count):
                output.consume(count)
                hasMoved = true
            case .wouldBlock:
                writeBlocked()
            case .endOfStream, .failed:
                close()
                return
            }
        }
        if hasMoved { outputMoved() }
        if output.isEmpty {
            output.release()
            if isEnding { endConnection() }
        }
        updateInterest()
        reportDrained()
    }

    /// The client has taken output: one that takes it slowly gets more time, one that has taken all of it is not
    /// hurried any more.
    private func outputMoved() {
        switch phase {
        case .receivingBody: timer.set(afterMilliseconds: server.limits.stallMilliseconds)
        case .awaitingResponse: timeOutput()
        case .awaitingHead where !isHeadTimed:
            let limits = server.limits
            timer.set(afterMilliseconds: isWriteBlocked ? limits.stallMilliseconds : limits.idleMilliseconds)
        case .awaitingHead, .handshaking, .lingering, .closed: break
        }
    }

    /// The client owes us nothing but to take what is written: a deadline runs only while output waits for it.
    func timeOutput() {
        if isWriteBlocked && !output.isEmpty {
            timer.set(afterMilliseconds: server.limits.stallMilliseconds)
        } else {
            timer.cancel()
        }
    }

    private func writeBlocked() {
        isWriteBlocked = true
        if phase == .awaitingResponse || (phase == .awaitingHead && !isHeadTimed) {
            timer.set(afterMilliseconds: server.limits.stallMilliseconds)
        }
        updateInterest()
    }

    private func reportDrained() {
        if isCongested {
            wasCongested = true
        } else if wasCongested && output.count <= server.limits.outputLow {
            wasCongested = false
            if isExchangeActive && !isResponseEnded { exchange?.downstreamDrained() }
        }
    }

    /// Answers a request that can't be served by anybody, then closes.
    func reject(status: UInt16, message: StaticString) {
        keepsAlive = false
        cancelExchange()
        isExchangeActive = true
        server.exchangeBegan()
        isResponseStarted = false
        isResponseEnded = false
        isRequestRead = true
        isHeadRequest = false
        phase = .awaitingResponse
        respond(status: status, error: "\(message)")
    }
}
