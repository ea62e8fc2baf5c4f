#pragma once

#include "hitless/base/result.hpp"
#include "hitless/keys/update.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::apply {

/// Brings what watchers report into the tree that a template sees: without the prefix.
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

  private:
    [[nodiscard]] std::string without_prefix(std::string_view key) const;
    bool apply_event(std::string_view root, keys::Event event, keys::KeyTree& tree);
    bool apply_snapshot(const keys::Update& update, keys::KeyTree& tree);

    std::string prefix_;
    std::set<std::string> roots_;
    std::set<std::string> missing_;
};

} // namespace hitless::apply
