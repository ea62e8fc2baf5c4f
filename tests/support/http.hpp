#pragma once

#include <chrono>
#include <map>
#include <string>

namespace hitless::test {

/// An HTTP answer. `status` is 0 when there was none; `body` then says why.
struct HttpAnswer {
    unsigned status = 0;
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;
};

/// One request on a connection of its own, blocking. `url` is http://HOST:PORT/…; a body is sent as
/// a form, as etcd's v2 wants it, unless `content_type` says otherwise.
HttpAnswer http(const std::string& method, const std::string& url, const std::string& body = {},
                std::chrono::milliseconds limit = std::chrono::seconds(30),
                const std::string& content_type = "application/x-www-form-urlencoded",
                const std::map<std::string, std::string>& headers = {});

/// `text` as it may stand in a URL's path (slashes stay) or in a form.
std::string url_encoded(const std::string& text);

} // namespace hitless::test
