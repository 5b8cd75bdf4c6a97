/// A value that belongs to one loop's thread and passes through code of other threads.
///
/// Only the owning loop may use `value`. Use this type to post work to a loop from another thread.
package struct LoopBound<Value>: @unchecked Sendable {
    package let value: Value

    package init(_ value: Value) {
        self.value = value
    }
}
