/// Why no task accepts a request.
enum TaskRejection: Error, Equatable {
    /// 404.
    case unknownPath
    /// 405.
    case wrongMethod(AllowedMethods)
    /// 400; the text names the allowed values.
    case badParameter(String)
    /// 400; the task does not accept the content.
    case badContent(String)
}
