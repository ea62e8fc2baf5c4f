#include "etcd/v3_json.hpp"

#include "hitless/base/text.hpp"

#include "etcd/json.hpp"

#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace hitless::etcd::v3 {

using nlohmann::json;

Request post(const char* path, const json& message) {
    return {Request::Method::post, path,
            message.dump(-1, ' ', false, json::error_handler_t::replace), "application/json"};
}

std::int64_t number_of(const json& object, const char* name) {
    std::int64_t number = 0;
    boost::conversion::try_lexical_convert(text_of(object, name), number);
    return number;
}

std::uint64_t unsigned_of(const json& object, const char* name) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(number_of(object, name), 0));
}

Refusal senseless(std::string_view body) {
    return {Refusal::Kind::unavailable,
            "it answers with something else than etcd's v3 JSON gateway does",
            base::printable(base::trim(body), 80)};
}

} // namespace hitless::etcd::v3
