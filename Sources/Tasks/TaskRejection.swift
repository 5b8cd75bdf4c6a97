/// Why a request is for none of the tasks.
enum TaskRejection: Error, Equatable {
    /// 404.
    case unknownPath
    /// 405.
    case wrongMethod(AllowedMethods)
    /// 400; the text says what is allowed.
    case badParameter(String)
    /// 400; the content is not what the task takes.
    case badContent(String)
}
