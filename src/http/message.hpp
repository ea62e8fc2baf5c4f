#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// An HTTP/1.1 server that only tells: GET and HEAD, and streams of events. It runs on the event
/// loop of its program, and a slow or hostile client never holds that up.
namespace hitless::http {

/// A request that is to be answered: its Host is allowed, and it has no body.
struct Request {
    bool is_head = false;   ///< HEAD: the answer has no body
    std::string path;       ///< "/status", as it was sent, without the query
    std::string query;      ///< "after=17&x", as it was sent; empty: none
    bool keep_alive = true; ///< the connection may serve another request
    std::string if_none_match;
    std::string last_event_id;

    /// The value of that name in the query, as it was sent; empty where it isn't there.
    [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

/// A body that is made once and shared by all who get it.
class Body {
  public:
    Body() = default;
    explicit Body(std::string text) : Body(std::make_shared<const std::string>(std::move(text))) {}
    explicit Body(std::shared_ptr<const std::string> text)
        : text_(*text), owner_(std::move(text)) {}
    /// `text` lives as long as the program.
    static Body of_program(std::string_view text) {
        Body body;
        body.text_ = text;
        return body;
    }

    [[nodiscard]] std::string_view text() const { return text_; }

  private:
    std::string_view text_;
    std::shared_ptr<const std::string> owner_;
};

struct Response {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8";
    Body body;
    std::string etag;               ///< with its quotes; empty: none
    std::string cache = "no-store"; ///< Cache-Control
    std::string allow;              ///< of a 405
    std::string retry_after;        ///< of a 503, in seconds
    bool close = false;             ///< the connection ends after it
};

/// An answer of one sentence.
[[nodiscard]] Response plain(unsigned status, std::string sentence);

/// An answer that is JSON.
[[nodiscard]] Response json(Body body, unsigned status = 200);

/// The status line and the fields, up to the empty line. `date`: of now, as the field has it.
/// `length`: of the body; it is left out of a stream, which ends with the connection.
[[nodiscard]] std::string head_of(const Response& response, std::string_view date, bool keep_alive,
                                  bool is_stream = false);

/// "Fri, 27 Nov 2026 13:10:55 GMT", from seconds since 1970.
[[nodiscard]] std::string date_field(long seconds);

} // namespace hitless::http
