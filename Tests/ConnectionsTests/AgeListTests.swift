import Testing

@testable import Connections

@Suite struct AgeListTests {
    private static func all(_ list: AgeList<Int>) -> [Int] {
        var rest = list
        var found: [Int] = []
        while let oldest = rest.removeOldest() { found.append(oldest) }
        return found
    }

    /// Compares the list with an array.
    @Test func elementsComeAndGoInAnyOrder() {
        var list = AgeList<Int>()
        var model: [(index: Int, element: Int)] = []
        var state: UInt64 = 7
        for step in 0..<5000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let random = Int(state >> 33)
            if model.isEmpty || random % 5 < 3 && model.count < 100 {
                model.append((list.append(step), step))
            } else {
                list.remove(model.remove(at: random % model.count).index)
            }
            #expect(list.count == model.count)
            #expect(AgeListTests.all(list) == model.map(\.element))
        }
    }

    /// Compares the list with an array that is kept in order.
    @Test func elementsAreInsertedInTheirOrder() {
        var list = AgeList<Int>()
        var model: [(index: Int, element: Int)] = []
        var state: UInt64 = 11
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let random = Int(state >> 33)
            if model.count < 50 && random % 3 > 0 {
                let element = random % 40
                let position = (model.lastIndex { $0.element <= element } ?? -1) + 1
                model.insert((list.insert(element, behindLast: { $0 <= element }), element), at: position)
            } else if !model.isEmpty {
                let wanted = model.remove(at: random % model.count)
                #expect(list.remove(wanted.index) == wanted.element)
            }
            #expect(AgeListTests.all(list) == model.map(\.element) && list.first == model.first?.element)
        }
    }

    @Test func aSearchFindsTheFirst() {
        var list = AgeList<Int>()
        for element in [3, 5, 4, 5] { _ = list.append(element) }
        #expect(list.removeFirst { $0 > 3 } == 5)
        #expect(AgeListTests.all(list) == [3, 4, 5])
        #expect(list.removeFirst { $0 > 9 } == nil)
    }
}
