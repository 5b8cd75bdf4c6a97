internal import Connections
internal import HTTP

/// The field in a worker's own error response that says how far the request has come: `understudy-untaken: 1`,
/// `understudy-untaken: busy` or `understudy-unanswered: 1`. The retry law needs it.
enum FaultField {
    /// The application has seen nothing of the request. Any other worker may get it.
    case untaken
    /// The worker or its application has no room for the request. Any other worker may get it, and this is no failure.
    case busy
    /// The application's connection ended before a response. The application may have begun the request, as a worker that
    /// dies may have.
    case unanswered

    var mark: ResponseMark {
        switch self {
        case .untaken: ResponseMark(name: "understudy-untaken")
        case .busy: .busy
        case .unanswered: ResponseMark(name: "understudy-unanswered")
        }
    }

    /// The first such field in a response head; nil if there is none.
    init?(in head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        for field in head.fields where field.known == .understudy {
            let name = field.name.in(bytes)
            if name.isFieldName("understudy-untaken") {
                self = field.value.in(bytes).elementsEqual("busy".utf8) ? .busy : .untaken
                return
            }
            if name.isFieldName("understudy-unanswered") {
                self = .unanswered
                return
            }
        }
        return nil
    }

    /// The field for a worker's error; nil for an error that permits no retry.
    init?(for error: ProxyError) {
        if error.isForWantOfRoom {
            self = .busy
        } else if error.isUntaken {
            self = .untaken
        } else if case .upstream(let failure) = error, failure.isBeforeResponse {
            self = .unanswered
        } else {
            return nil
        }
    }

    /// Returns whether the worker has ended the request because of a shortage; see `ResponseMark.shed`.
    static func isShed(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for field in head.fields where field.known == .understudy {
            if field.name.in(bytes).isFieldName(ResponseMark.shed.name) { return true }
        }
        return false
    }

    /// The failure of the attempt at the worker.
    var failure: UpstreamFailure {
        switch self {
        case .untaken: .unreached
        case .busy: .notTaken
        case .unanswered: .closedBeforeResponse
        }
    }
}
