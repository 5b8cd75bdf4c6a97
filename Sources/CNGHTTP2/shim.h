// libnghttp2's header for Swift: framing and header compression of HTTP/2.
#pragma once
#include <nghttp2/nghttp2.h>
