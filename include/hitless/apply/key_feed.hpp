#pragma once

#include "hitless/base/result.hpp"
#include "hitless/keys/update.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::apply {

/// Brings what watchers report into the tree that a template sees: without the prefix, and for
/// HAProxy's configuration without values that could smuggle a line into it.
class KeyFeed {
  public:
    /// `roots` are what is watched for this tree, prefix included; all are clean paths.
    KeyFeed(std::string prefix, std::vector<std::string> roots);

    /// True when there was a snapshot of every root: before that a template would see half the
    /// keys.
    [[nodiscard]] bool complete() const { return missing_.empty(); }

    /// True for the root of a watch for this tree.
    [[nodiscard]] bool watches(const std::string& root) const { return roots_.contains(root); }

    /// Applies an update of one of the roots; others are passed over. Returns true when the tree
    /// changed.
    bool apply(const keys::Update& update, keys::KeyTree& tree);

    /// From now on, and for what the tree holds, keys and values unfit for a configuration of
    /// HAProxy are left out. Each is logged once, by its name in the registry.
    void screen(keys::KeyTree& tree);

  private:
    [[nodiscard]] std::string without_prefix(std::string_view key) const;
    bool apply_event(std::string_view root, keys::Event event, keys::KeyTree& tree);
    bool apply_snapshot(const keys::Update& update, keys::KeyTree& tree);
    /// Makes the value fit or says that it is not.
    [[nodiscard]] bool make_fit(const std::string& key, std::string& value);
    void forget_unfit(std::string_view root);

    std::string prefix_;
    std::set<std::string> roots_;
    std::set<std::string> missing_;
    bool screening_ = false;
    std::map<std::string, std::string> unfit_; ///< key → what was said of it
};

} // namespace hitless::apply
