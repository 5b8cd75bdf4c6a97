package import Cluster
package import Connections

/// Why a request counts as a failure of its worker.
package enum WorkerFailure: Sendable, CustomStringConvertible {
    /// The worker has not given a complete response.
    case attempt(UpstreamFailure)
    /// The worker or its application has responded with an error of a gateway: 502, 503 or 504.
    case status(UInt16)

    package var fault: RequestFault {
        switch self {
        case .attempt(let failure): failure.isBeforeRequest || failure.isBeforeResponse ? .connection : .response
        case .status: .response
        }
    }

    package var description: String {
        switch self {
        case .attempt(let failure): "\(failure)"
        case .status(let status): "status \(status)"
        }
    }

    /// - Parameter status: of a complete response. Only an error of a gateway is a failure of the worker.
    init?(status: UInt16) {
        guard (502...504).contains(status) else { return nil }
        self = .status(status)
    }
}
