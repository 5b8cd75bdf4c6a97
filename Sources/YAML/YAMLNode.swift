/// A value of a YAML document, with the line that it begins in.
package struct YAMLNode: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        /// The text of a scalar, without its quotes. `isPlain` says that it had none, so that YAML gives `null` and `~` a
        /// meaning.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        /// In the order of the document. A key may occur more than once: the caller has to look.
        case mapping([YAMLPair])
    }

    package let content: Content
    /// From 1.
    package let line: Int

    package init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    /// A plain scalar that YAML's core schema reads as null (YAML 1.2.2, 10.3.2).
    package var isNull: Bool {
        if case .scalar(let text, isPlain: true) = content {
            ["", "~", "null", "Null", "NULL"].contains(text)
        } else {
            false
        }
    }

    /// The text of a scalar; nil for other values.
    package var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }
}

package struct YAMLPair: Equatable, Sendable {
    package let key: YAMLNode
    package let value: YAMLNode

    package init(key: YAMLNode, value: YAMLNode) {
        self.key = key
        self.value = value
    }
}

/// The kind of a text.
package struct YAMLDocument: Equatable, Sendable {
    /// Nil for an empty document. After a mistake in a mapping or a sequence, the values before the mistake.
    package let root: YAMLNode?
    package let mistake: YAMLMistake?
}

/// The first mistake of a document.
package struct YAMLMistake: Equatable, Sendable {
    /// From 1.
    package let line: Int
    /// The fault and the remedy.
    package let text: String
}
