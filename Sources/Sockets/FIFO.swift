/// A queue: first in, first out, in constant time for each element.
package struct FIFO<Element> {
    private var elements: [Element?] = []
    /// The elements before this index have left.
    private var head = 0

    package init() {}

    package var isEmpty: Bool { head == elements.count }

    package mutating func append(_ element: Element) { elements.append(element) }

    package mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head].take()
        head += 1
        // The free entries at the start are dropped when they are at least as many as the others. So no element moves
        // twice.
        if head == elements.count || (head >= FIFO.leastMoved && 2 * head >= elements.count) {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Calls `body` with the elements, from the last on, until it returns false.
    func fromTheLast(_ body: (Element) -> Bool) {
        for index in stride(from: elements.count - 1, through: head, by: -1) {
            guard let element = elements[index], body(element) else { return }
        }
    }

    private static var leastMoved: Int { 64 }
}
