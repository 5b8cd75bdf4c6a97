/// Proves in debug builds that no call re-enters a service. A service's calls to its downstream only set state, and the
/// connection calls the service again after they have returned.
///
/// It costs no time in release builds.
struct ServiceCalls {
    #if DEBUG
        private var depth = 0
    #endif

    /// False inside a call of the service to its downstream. Release builds don't count the calls, so they return true.
    var mayCallService: Bool {
        #if DEBUG
            depth == 0
        #else
            true
        #endif
    }

    /// A call from the service to its downstream begins.
    mutating func enterDownstream() {
        #if DEBUG
            depth += 1
        #endif
    }

    /// The call returns.
    mutating func leaveDownstream() {
        #if DEBUG
            depth -= 1
        #endif
    }

    /// The connection is about to call the service.
    func willCallService() {
        assert(mayCallService, "a service is called inside one of its own calls to the downstream")
    }
}
