extension Unicode.Scalar {
    /// True if a reader does not see this scalar, or if a terminal obeys it.
    ///
    /// These are the control characters (C0, DEL, C1), the marks of direction, and joiners and spaces without width. Line
    /// and paragraph separators, tags, and private and unassigned scalars belong here too. So does every white space other
    /// than the ASCII space. A line that shows one as it is can look like another line, or like two.
    package var isHidden: Bool {
        if isASCII { return value < 0x20 || value == 0x7F }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: return true
        case .lineSeparator, .paragraphSeparator, .spaceSeparator: return true
        // Letters that fill a place and marks that choose a variant are blank as well (UAX 44, Default_Ignorable_Code_Point).
        default: return properties.isDefaultIgnorableCodePoint
        }
    }
}
