#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace hitless::base {

/// Troubles that several have at once, as the watchers of one etcd have: each is told once, and its
/// end once all of them have got over it.
class SharedTroubles {
  public:
    /// `who` has trouble with `what`. True when nobody has had it in these words: it is to be told.
    bool raise(const void* who, const std::string& what, const std::string& words);

    /// `who` has no trouble with `what` any more. True when it had, and nobody else has: that is to
    /// be told.
    bool settle(const void* who, const std::string& what);

    /// `who` gets nothing from anywhere, and why.
    void cut_off(const void* who, std::string why);

    /// `who` has got something.
    void reached(const void* who);

    /// `who` ends.
    void forget(const void* who);

    /// Called whenever raise() is.
    void when_raised(std::function<void()> call) { raised_ = std::move(call); }

    /// Called whenever settle() returns true.
    void when_over(std::function<void()> call) { over_ = std::move(call); }

    /// Called when somebody is cut off, with why, and with nothing when nobody is any more.
    void when_cut_off(std::function<void(std::string_view why)> call) {
        cut_off_call_ = std::move(call);
    }

  private:
    using Having = std::map<std::string, std::set<const void*>>; ///< words → who has heard them
    std::map<std::string, Having> troubles_;                     ///< by what they are with
    std::function<void()> raised_;
    std::function<void()> over_;
    std::map<const void*, std::string> cut_off_; ///< who, and why
    std::function<void(std::string_view)> cut_off_call_;
};

} // namespace hitless::base
