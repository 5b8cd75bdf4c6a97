/// The version of the whole package.
package enum Version {
    package static let current = "0.1.0"
}
