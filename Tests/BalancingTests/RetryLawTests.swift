import Balancing
import Testing

@Suite struct RetryLawTests {
    @Test(arguments: [
        (AttemptEnd.neverArrived, true, true),
        (.brokeOff, true, false),
        (.withdrawn, true, false),
        (.failed, false, false),
    ]) func theLaw(end: AttemptEnd, isIdempotentAllowed: Bool, isOtherAllowed: Bool) {
        #expect(RetryLaw.allows(end, isIdempotent: true) == isIdempotentAllowed)
        #expect(RetryLaw.allows(end, isIdempotent: false) == isOtherAllowed)
    }
}
