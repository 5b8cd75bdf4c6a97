internal import Connections
internal import HTTP

/// The field in a worker's own error response that says how far the request has come: `understudy-untaken: 1` or
/// `understudy-unanswered: 1`. The retry law needs it.
enum FaultField {
    /// The application has seen nothing of the request. Any other worker may get it.
    case untaken
    /// The application's connection ended before a response. The application may have begun the request, as a worker that
    /// dies may have.
    case unanswered

    var name: StaticString {
        switch self {
        case .untaken: "understudy-untaken"
        case .unanswered: "understudy-unanswered"
        }
    }

    /// The first such field in a response head; nil if there is none.
    init?(in head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        for field in head.fields where field.known == .understudy {
            let name = field.name.in(bytes)
            for fault in [FaultField.untaken, .unanswered] where name.isFieldName(fault.name) {
                self = fault
                return
            }
        }
        return nil
    }

    /// The field for a worker's error; nil for an error that permits no retry.
    init?(for error: ProxyError) {
        if error.isUntaken {
            self = .untaken
        } else if case .upstream(let failure) = error, failure.isBeforeResponse {
            self = .unanswered
        } else {
            return nil
        }
    }

    /// The failure of the attempt at the worker.
    var failure: UpstreamFailure {
        switch self {
        case .untaken: .notTaken
        case .unanswered: .closedBeforeResponse
        }
    }
}
