#include "hitless/base/shared_troubles.hpp"

#include <utility>

namespace hitless::base {

bool SharedTroubles::raise(const void* who, const std::string& what, const std::string& words) {
    std::set<const void*>& having = troubles_[what][words];
    const bool is_news = having.empty();
    having.insert(who);
    if (raised_)
        raised_();
    return is_news;
}

bool SharedTroubles::settle(const void* who, const std::string& what) {
    const auto found = troubles_.find(what);
    if (found == troubles_.end())
        return false;
    bool had = false;
    bool has_anybody = false;
    for (auto& [words, having] : found->second) {
        had = having.erase(who) > 0 || had;
        has_anybody = has_anybody || !having.empty();
    }
    if (has_anybody)
        return false;
    troubles_.erase(found);
    if (had && over_)
        over_();
    return had;
}

void SharedTroubles::cut_off(const void* who, std::string why) {
    std::string& known = cut_off_[who];
    if (known == why)
        return;
    known = std::move(why);
    if (cut_off_call_)
        cut_off_call_(known);
}

void SharedTroubles::reached(const void* who) {
    if (cut_off_.erase(who) > 0 && cut_off_call_)
        cut_off_call_(cut_off_.empty() ? std::string_view() : cut_off_.begin()->second);
}

void SharedTroubles::forget(const void* who) {
    for (auto& [what, words] : troubles_) {
        for (auto& [text, having] : words)
            having.erase(who);
    }
    cut_off_.erase(who);
}

} // namespace hitless::base
