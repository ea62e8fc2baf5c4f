#pragma once

#include "hitless/registry/registry.hpp"

#include "registry/files.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hitless::registry {

/// Follows files with inotify. They are read when whoever writes one has closed it or renamed it
/// into place, so that a half file isn't taken for a whole one. While one can't be read, what was
/// read last stays.
class FileWatcher final : public Watcher {
  public:
    FileWatcher(const Settings& settings, std::string root, keys::Sink sink,
                std::shared_ptr<base::SharedTroubles> troubles = nullptr);
    ~FileWatcher() override;

    boost::asio::awaitable<void> run() override;
    void read_again() override;

  private:
    using Clock = std::chrono::steady_clock;
    class Inotify;

    boost::asio::awaitable<void> read();
    void take(std::vector<keys::Entry> entries);
    /// Looks at what has happened, and says when the files are to be read.
    void take_events();

    const Settings settings_;
    const std::string root_;
    const keys::Sink sink_;
    std::unique_ptr<Inotify> inotify_; ///< while run() runs
    std::optional<std::vector<keys::Entry>> last_;
    std::string trouble_; ///< what was said of the files last
    std::shared_ptr<base::SharedTroubles> troubles_;
    bool told_wanted_ = true;
    Clock::time_point due_ = Clock::time_point::min(); ///< when the files are read
    std::optional<Clock::time_point>
        changed_; ///< when the first file was finished that was not read since
    /// Files that are being written: by inotify's number of the directory, and name.
    std::set<std::pair<int, std::string>> half_;
};

} // namespace hitless::registry
