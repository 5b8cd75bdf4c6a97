/// One set of limits, which the connections of a server share. New limits are a new object. So a request keeps the limits
/// with which it began, and a comparison of two references tells whether there are new ones.
final class LimitsInForce: Sendable {
    let values: DownstreamLimits

    init(_ values: DownstreamLimits) { self.values = values }
}
