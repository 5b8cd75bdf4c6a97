/// The indexes of some elements of a list, the oldest first, as a binary heap. Each element may leave at any time, in
/// logarithmic time.
struct AgeHeap {
    /// The positions of the elements in their heaps. Heaps without a common element share them.
    struct Positions {
        fileprivate var positions: [Int] = []
        /// The moves of elements so far. Tests bound their number.
        private(set) var moves = 0

        /// Makes room for one more element of the list.
        mutating func grow() { positions.append(-1) }

        fileprivate mutating func set(_ index: Int, _ position: Int) {
            positions[index] = position
            moves &+= 1
        }
    }

    private struct Item {
        let age: UInt64
        let index: Int
    }

    private var items: [Item] = []

    /// The index of the element with the lowest number.
    var oldest: Int? { items.first?.index }

    /// - Parameter age: the number of the element's arrival. A later one has a higher number.
    mutating func insert(_ index: Int, age: UInt64, _ positions: inout Positions) {
        let item = Item(age: age, index: index)
        items.append(item)
        moveUp(item, from: items.count - 1, &positions)
    }

    mutating func remove(_ index: Int, _ positions: inout Positions) {
        let hole = positions.positions[index]
        precondition(items[hole].index == index, "an element leaves a heap twice")
        let last = items.removeLast()
        guard hole < items.count else { return }
        if hole > 0, last.age < items[(hole - 1) / 2].age {
            moveUp(last, from: hole, &positions)
        } else {
            moveDown(last, from: hole, &positions)
        }
    }

    private mutating func moveUp(_ item: Item, from start: Int, _ positions: inout Positions) {
        var hole = start
        while hole > 0 {
            let parent = (hole - 1) / 2
            guard item.age < items[parent].age else { break }
            put(items[parent], at: hole, &positions)
            hole = parent
        }
        put(item, at: hole, &positions)
    }

    private mutating func moveDown(_ item: Item, from start: Int, _ positions: inout Positions) {
        var hole = start
        while true {
            var child = 2 * hole + 1
            guard child < items.count else { break }
            if child + 1 < items.count, items[child + 1].age < items[child].age { child += 1 }
            guard items[child].age < item.age else { break }
            put(items[child], at: hole, &positions)
            hole = child
        }
        put(item, at: hole, &positions)
    }

    private mutating func put(_ item: Item, at position: Int, _ positions: inout Positions) {
        items[position] = item
        positions.set(item.index, position)
    }
}
