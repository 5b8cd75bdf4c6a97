/// The latest elements, up to a number. It allocates memory with the first one.
struct Ring<Element> {
    private let capacity: Int
    private var elements: [Element] = []
    private var oldest = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func append(_ element: Element) {
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[oldest] = element
            oldest = (oldest + 1) % capacity
        }
    }

    func contains(where predicate: (Element) -> Bool) -> Bool { elements.contains(where: predicate) }
}
