#include "daemon/key_dump.hpp"

#include "hitless/base/file.hpp"
#include "hitless/keys/keys_file.hpp"

#include "base/off_the_loop.hpp"

#include <algorithm>
#include <unistd.h>

namespace hitless::daemon {
namespace {

/// Changes within this time are written together.
constexpr std::chrono::seconds gathering{1};
/// Nor are many keys written all the time: between two writings is so many times what one takes.
constexpr int quiet_writings = 20;
constexpr std::chrono::seconds before_next_try{10};

Result<void> write_file(const std::string& path, const std::string& text) {
    auto staged = base::StagedFile::create(path, text, {0600, {}, {}});
    return staged ? staged->commit() : staged.error();
}

} // namespace

KeyDump::KeyDump(KeptResource& kept)
    : kept_(kept), path_(base::companion_path(kept.resource.dest, keys::dump_suffix)) {}

void KeyDump::note_change() {
    if (due_ == Wake::Clock::time_point::max())
        due_ = Wake::Clock::now() + std::max<Wake::Clock::duration>(gathering, pause_);
}

bool KeyDump::is_gone() const {
    return kept_.is_noted && ::access(path_.c_str(), F_OK) != 0;
}

boost::asio::awaitable<void> KeyDump::write(bool is_last) {
    due_ = Wake::Clock::time_point::max();
    const auto began = Wake::Clock::now();
    auto entries = kept_.renderer->tree().entries();
    StoreNote store = kept_.store; // the one of these keys
    auto written = co_await base::off_the_loop([&] {
        auto kept = write_file(path_, keys::write_keys(entries, kept_.resource.prefix));
        entries.clear(); // here, since that takes its time as well
        return kept ? store.write() : kept;
    });
    pause_ = quiet_writings * (Wake::Clock::now() - began);
    if (written) {
        kept_.store.take_note_of(store);
        kept_.is_to_be_noted = true;
        written = kept_.show_note();
    }
    if (written)
        complaints_.settle("dump", fmt::format("{} can be written again", path_));
    else if (!is_last)
        due_ = std::min(due_, Wake::Clock::now() + before_next_try);
    if (!written)
        complaints_.raise("dump", fmt::format("the keys are not kept for hitless-render: {}",
                                              written.error().message));
}

} // namespace hitless::daemon
