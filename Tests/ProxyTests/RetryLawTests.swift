import Connections
import HTTP
import Sockets
import Testing

@testable import Balancing
@testable import Proxy

/// The law by itself, and its result for each failure.
@Suite struct RetryLawTests {
    private static let before: [UpstreamFailure] = [
        .refused, .unreachable(SystemError("connect", code: 113)), .connectTimedOut, .handshake(.truncated),
        .otherNode(.anonymous),
    ]
    private static let after: [UpstreamFailure] = [
        .closedBeforeResponse, .closedInResponse, .badResponse(.malformedStatusLine), .timedOut,
    ]

    private func allows(_ failure: UpstreamFailure, isIdempotent: Bool, isOnTheWay: Bool) -> Bool {
        RetryLaw.allows(failure.attemptEnd(isOnTheWay: isOnTheWay), isIdempotent: isIdempotent)
    }

    @Test(arguments: [true, false], [true, false])
    func requestsThatReachedNoServerAreRetried(isIdempotent: Bool, isOnTheWay: Bool) {
        for failure in RetryLawTests.before {
            #expect(allows(failure, isIdempotent: isIdempotent, isOnTheWay: isOnTheWay), "\(failure)")
        }
        for failure in RetryLawTests.before + RetryLawTests.after {
            #expect(allows(failure, isIdempotent: isIdempotent, isOnTheWay: false), "\(failure)")
        }
    }

    @Test func requestsThatMayHaveArrivedAreRetriedIfIdempotent() {
        for failure in RetryLawTests.after {
            #expect(!allows(failure, isIdempotent: false, isOnTheWay: true), "\(failure)")
            let mayRepeat = allows(failure, isIdempotent: true, isOnTheWay: true)
            #expect(mayRepeat == failure.isBeforeResponse, "\(failure)")
        }
    }

    @Test func everyFailureHasItsStatus() {
        for failure in RetryLawTests.before + RetryLawTests.after {
            let error = ProxyError.upstream(failure)
            switch failure {
            case .timedOut, .connectTimedOut: #expect(error.status == 504)
            default: #expect(error.status == 502)
            }
            #expect(error.retryAfterSeconds == nil)
        }
        for error in [ProxyError.noWorker, .queueFull, .fenced] {
            #expect(error.status == 503)
            #expect(error.retryAfterSeconds == 1)
        }
    }
}
