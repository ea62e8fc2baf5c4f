#include "etcd/protocol.hpp"

#include "etcd/v2.hpp"
#include "etcd/v3.hpp"

#include <utility>

namespace hitless::etcd {
namespace {

class V2 final : public Protocol {
    Request read(std::string_view root) const override {
        return Request::get(v2::read_target(root));
    }
    Answer<Reading> parse_reading(std::string_view root, const Head& head,
                                  std::string_view body) const override {
        return v2::parse_reading(root, head, body);
    }
    Request watch(std::string_view root, std::uint64_t from, bool stream) const override {
        return Request::get(v2::watch_target(root, from, stream));
    }
    bool head_begins_watch() const override { return true; }
    Answer<WatchLine> parse_line(std::string_view root, std::string_view line) const override {
        auto change = v2::parse_change(root, line);
        if (!change)
            return change.error();
        WatchLine parsed;
        parsed.changes.push_back(std::move(*change));
        return parsed;
    }
    Request probe(std::string_view root) const override {
        return Request::get(v2::probe_target(root));
    }
    Request members() const override { return Request::get(std::string(v2::members_target)); }
    Refusal parse_refusal(const Head& head, std::string_view body) const override {
        return v2::parse_refusal(head, body);
    }
    std::optional<Request> log_in(const Settings& /*settings*/) const override {
        return std::nullopt;
    }
    Answer<std::string> parse_token(const Head& /*head*/,
                                    std::string_view /*body*/) const override {
        return std::string();
    }
};

class V3 final : public Protocol {
    Request read(std::string_view root) const override { return v3::range(root); }
    Answer<Reading> parse_reading(std::string_view root, const Head& head,
                                  std::string_view body) const override {
        return v3::parse_range(root, head, body);
    }
    Request watch(std::string_view root, std::uint64_t from, bool /*stream*/) const override {
        return v3::watch(root, from);
    }
    bool head_begins_watch() const override { return false; }
    Answer<WatchLine> parse_line(std::string_view root, std::string_view line) const override {
        return v3::parse_line(root, line);
    }
    Request probe(std::string_view root) const override { return v3::probe(root); }
    Request members() const override { return v3::members(); }
    Refusal parse_refusal(const Head& head, std::string_view body) const override {
        return v3::parse_refusal(head, body);
    }
    std::optional<Request> log_in(const Settings& settings) const override {
        if (settings.username.empty())
            return std::nullopt;
        return v3::log_in(settings.username, settings.password);
    }
    Answer<std::string> parse_token(const Head& head, std::string_view body) const override {
        return v3::parse_token(head, body);
    }
};

} // namespace

const Protocol& protocol_of(Settings::Api api) {
    static const V2 v2;
    static const V3 v3;
    if (api == Settings::Api::v2)
        return v2;
    return v3;
}

} // namespace hitless::etcd
