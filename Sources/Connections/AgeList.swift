/// Elements in an order, mostly that of their arrival. Each may leave at any time, in constant time.
package struct AgeList<Element> {
    private struct Node {
        var element: Element?
        var before: Int
        var after: Int
    }

    /// Means no node.
    private static var none: Int { -1 }

    /// Nodes of elements that have left are reused: there are as many nodes as there were elements at a time.
    private var nodes: [Node] = []
    private var free: [Int] = []
    private var oldest = -1
    private var newest = -1

    package init() {}

    package var count: Int { nodes.count - free.count }

    /// The first element of the order.
    package var first: Element? { oldest == AgeList.none ? nil : nodes[oldest].element }

    /// Adds the newest element, and returns its index. The index is valid until `remove`.
    package mutating func append(_ element: Element) -> Int { insert(element, behind: newest) }

    /// Adds an element behind the last one that `precedes` it. The search begins at the newest one.
    package mutating func insert(_ element: Element, behindLast precedes: (Element) -> Bool) -> Int {
        var index = newest
        while index != AgeList.none, let other = nodes[index].element, !precedes(other) { index = nodes[index].before }
        return insert(element, behind: index)
    }

    private mutating func insert(_ element: Element, behind before: Int) -> Int {
        let after = before == AgeList.none ? oldest : nodes[before].after
        let node = Node(element: element, before: before, after: after)
        let index: Int
        if let reused = free.popLast() {
            index = reused
            nodes[index] = node
        } else {
            index = nodes.count
            nodes.append(node)
        }
        if before == AgeList.none { oldest = index } else { nodes[before].after = index }
        if after == AgeList.none { newest = index } else { nodes[after].before = index }
        return index
    }

    @discardableResult package mutating func remove(_ index: Int) -> Element {
        let node = nodes[index]
        guard let element = node.element else { preconditionFailure("an element leaves twice") }
        if node.before == AgeList.none { oldest = node.after } else { nodes[node.before].after = node.after }
        if node.after == AgeList.none { newest = node.before } else { nodes[node.after].before = node.before }
        nodes[index] = Node(element: nil, before: AgeList.none, after: AgeList.none)
        free.append(index)
        return element
    }

    /// Removes the first element of the order, and returns it.
    package mutating func removeOldest() -> Element? { oldest == AgeList.none ? nil : remove(oldest) }

    /// Removes the first element for which `isWanted` is true, and returns it. The search begins at the oldest one.
    package mutating func removeFirst(where isWanted: (Element) -> Bool) -> Element? {
        var index = oldest
        while index != AgeList.none, let element = nodes[index].element {
            if isWanted(element) { return remove(index) }
            index = nodes[index].after
        }
        return nil
    }
}
