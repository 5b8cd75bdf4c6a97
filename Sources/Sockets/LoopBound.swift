/// A value that belongs to one loop's thread, carried through code that the compiler takes for another's.
///
/// The law: `value` is touched only on the loop that it belongs to. Used where work for a loop is made up elsewhere
/// and posted.
package struct LoopBound<Value>: @unchecked Sendable {
    package let value: Value

    package init(_ value: Value) {
        self.value = value
    }
}
