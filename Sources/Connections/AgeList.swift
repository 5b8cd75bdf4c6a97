/// Elements in the order of their arrival. Each may leave at any time, in constant time.
struct AgeList<Element> {
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

    var count: Int { nodes.count - free.count }

    /// Adds the newest element, and returns its index. The index is valid until `remove`.
    mutating func append(_ element: Element) -> Int {
        let node = Node(element: element, before: newest, after: AgeList.none)
        let index: Int
        if let reused = free.popLast() {
            index = reused
            nodes[index] = node
        } else {
            index = nodes.count
            nodes.append(node)
        }
        if newest == AgeList.none { oldest = index } else { nodes[newest].after = index }
        newest = index
        return index
    }

    mutating func remove(_ index: Int) {
        let node = nodes[index]
        precondition(node.element != nil, "an element leaves twice")
        if node.before == AgeList.none { oldest = node.after } else { nodes[node.before].after = node.after }
        if node.after == AgeList.none { newest = node.before } else { nodes[node.after].before = node.before }
        nodes[index] = Node(element: nil, before: AgeList.none, after: AgeList.none)
        free.append(index)
    }

    /// Removes the oldest element, and returns it.
    mutating func removeOldest() -> Element? {
        guard oldest != AgeList.none, let element = nodes[oldest].element else { return nil }
        remove(oldest)
        return element
    }
}
