#include "registry/file_watcher.hpp"

#include "base/off_the_loop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <array>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>

namespace hitless::registry {
namespace {

namespace asio = boost::asio;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

constexpr std::uint32_t finished = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr std::uint32_t interesting =
    finished | IN_MODIFY | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

/// Files that change together are read together.
constexpr std::chrono::milliseconds quiet{10};
/// A writer that is silent so long has died, or never closes its file.
constexpr std::chrono::milliseconds longest_write{1'000};
/// What can't be read is looked at again, in case no event tells.
constexpr std::chrono::milliseconds another_look{1'000};

/// What the watchers' common trouble is with.
constexpr const char* files = "files of keys";

} // namespace

/// The kernel's notices about the directories in which changes would show.
class FileWatcher::Inotify {
  public:
    explicit Inotify(const asio::any_io_executor& executor)
        : descriptor_(executor, ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), timer_(executor) {}

    /// Watches these places from now on.
    void watch(Places places) {
        places_ = std::move(places);
        std::map<int, std::string> now;
        for (const std::string& directory : places_->directories()) {
            const int number = ::inotify_add_watch(descriptor_.native_handle(), directory.c_str(),
                                                   interesting | IN_ONLYDIR);
            if (number >= 0)
                now.emplace(number, directory);
        }
        for (const auto& [number, directory] : directories_) {
            if (!now.contains(number))
                ::inotify_rm_watch(descriptor_.native_handle(), number);
        }
        directories_ = std::move(now);
    }

    /// Returns when there is an event, when the time has come, or after wake().
    asio::awaitable<void> wait_until(Clock::time_point end) {
        using namespace asio::experimental::awaitable_operators;
        timer_.expires_at(end);
        co_await (descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, use_tuple) ||
                  timer_.async_wait(use_tuple));
    }
    void wake() { timer_.cancel(); }

    /// Calls `take` with each event that matters.
    template <class Take>
    void read(Take take) {
        alignas(inotify_event) std::array<char, 16'384> buffer;
        for (;;) {
            const ssize_t size = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
            if (size <= 0)
                return;
            for (ssize_t at = 0; at < size;) {
                const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
                at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
                if (matters(*event))
                    take(*event);
            }
        }
    }

  private:
    [[nodiscard]] bool matters(const inotify_event& event) const {
        if (event.len == 0) // of a directory itself, or events were lost
            return (event.mask & IN_IGNORED) == 0;
        const auto directory = directories_.find(event.wd);
        return directory != directories_.end() && places_->matters(directory->second, event.name);
    }

    asio::posix::stream_descriptor descriptor_;
    asio::steady_timer timer_;
    std::optional<Places> places_;
    std::map<int, std::string> directories_; ///< by inotify's numbers
};

FileWatcher::FileWatcher(const Settings& settings, std::string root, keys::Sink sink,
                         std::shared_ptr<base::SharedTroubles> troubles)
    : settings_(settings),
      root_(std::move(root)),
      sink_(std::move(sink)),
      troubles_(troubles ? std::move(troubles) : std::make_shared<base::SharedTroubles>()) {}
FileWatcher::~FileWatcher() {
    troubles_->forget(this);
}

asio::awaitable<void> FileWatcher::run() {
    inotify_ = std::make_unique<Inotify>(co_await asio::this_coro::executor);
    for (;;) {
        if (due_ <= Clock::now())
            co_await read();
        co_await inotify_->wait_until(due_);
        take_events();
    }
}

void FileWatcher::read_again() {
    told_wanted_ = true;
    if (half_.empty())
        due_ = Clock::now();
    if (inotify_)
        inotify_->wake();
}

asio::awaitable<void> FileWatcher::read() {
    due_ = Clock::time_point::max();
    half_.clear();
    // What changes from here on makes an event.
    inotify_->watch(Places(settings_));
    auto entries = co_await base::off_the_loop([this] { return read_files(settings_, root_); });
    take_events();
    if (!half_.empty()) // what was read may be half a file
        co_return;
    if (!entries) {
        due_ = std::min(due_, Clock::now() + another_look);
        const std::string& what = entries.error().message;
        if (trouble_ != what) {
            if (troubles_->raise(this, files, what))
                spdlog::error("{}; {}", what,
                              last_ ? "the keys stay as they were until it can be read again"
                                    : "waiting until it can be read");
        }
        trouble_ = what;
        troubles_->cut_off(this, what);
        co_return;
    }
    troubles_->reached(this);
    if (!trouble_.empty() && troubles_->settle(this, files))
        spdlog::info("the files of keys can be read again");
    trouble_.clear();
    take(std::move(*entries));
    changed_.reset();
    if (due_ != Clock::time_point::max()) // what has come while they were read
        changed_ = Clock::now();
}

void FileWatcher::take(std::vector<keys::Entry> entries) {
    if (!told_wanted_ && last_ == entries)
        return;
    told_wanted_ = false;
    last_ = std::move(entries);
    keys::Update update = keys::snapshot(root_, *last_, changed_.value_or(Clock::now()));
    update.is_of_change = changed_.has_value();
    sink_(std::move(update));
}

void FileWatcher::take_events() {
    inotify_->read([this](const inotify_event& event) {
        const std::pair<int, std::string> file(event.wd, event.len > 0 ? event.name : "");
        if ((event.mask & IN_MODIFY) != 0)
            half_.insert(file);
        else if ((event.mask & finished) != 0)
            half_.erase(file);
        const auto settles = half_.empty() ? quiet : longest_write;
        due_ = Clock::now() + settles;
        const bool is_being_written = (event.mask & IN_MODIFY) != 0;
        if (!changed_ && !is_being_written)
            changed_ = Clock::now();
    });
}

} // namespace hitless::registry
