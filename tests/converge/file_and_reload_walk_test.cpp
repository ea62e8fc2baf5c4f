#include "converge/file_and_reload.hpp"
#include "support/sanitized.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

// Thousands of random histories. A model of a disk and of a HAProxy does the steps, fails, is
// restarted, and loses the daemon to kill -9. Whatever happens, the next run must be able to tell
// what HAProxy runs, and in the end everything is as it is wanted.
namespace hitless::converge {
namespace {

using namespace std::chrono_literals;

/// Configurations of different kinds need a reload; those of one kind, commands.
struct Text {
    int kind = 0;
    int servers = 0;

    [[nodiscard]] haproxy::Config config() const {
        return haproxy::Config::parse(
                   fmt::format("backend {}\n server s{} 10.0.0.1:80\n", kind, servers))
            .value();
    }
};
constexpr int refused_kind = 3; ///< check_cmd refuses it
constexpr int fatal_kind = 2;   ///< HAProxy can't be reloaded with it

int kind_of(const haproxy::Config& config) {
    return std::stoi(std::string(config.sections().front().name));
}

class Walk {
  public:
    explicit Walk(unsigned seed) : random_(seed) {
        disk_ = Text{}.config();
        begin_run();
    }

    void run() {
        for (int i = 0; i < 60 && !testing::Test::HasFailure(); ++i) {
            switch (pick(9)) {
            case 0:
            case 1:
                wanted_ = Text{pick(4), pick(3)}.config();
                tell();
                break;
            case 2:
                tell(); // the comparison of what runs comes late
                break;
            case 3:
                if (pick(3) == 0)
                    begin_run();
                break;
            case 4:
                if (pick(3) == 0)
                    restart_haproxy();
                break;
            case 5:
                if (pick(3) == 0)
                    write_map();
                break;
            case 6:
                now_ += std::chrono::milliseconds(pick(3'000));
                break;
            default:
                step(pick(10) != 0);
            }
            expect_known();
        }
        settle();
    }

  private:
    int pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }

    [[nodiscard]] plan::Obstacles obstacles() const {
        plan::Obstacles all;
        if (is_owed_)
            all.add(machine_->owed());
        if (kind_of(*wanted_) != loaded_kind_by_us_)
            all.add({plan::ObjectId::Kind::section, {}, "backend"},
                    {plan::Cause::Kind::line, fmt::format("+ kind {}", kind_of(*wanted_))});
        if (is_map_pending_)
            all.add({plan::ObjectId::Kind::file, {}, "hosts.map"},
                    {plan::Cause::Kind::file_changed, {}});
        return all;
    }

    void tell() {
        if (wanted_)
            machine_->want(*wanted_, obstacles(), now_);
    }

    /// Another file that HAProxy reads is written, and this is told and noted.
    void write_map() {
        ++map_;
        is_map_pending_ = true;
        is_map_in_reload_ = false;
        if (!wanted_)
            wanted_ = *disk_;
        tell();
        keep_note();
    }

    /// A daemon starts; the one before it was killed.
    void begin_run() {
        machine_.emplace(FileAndReload::Options{false, 1s}, note_, now_);
        machine_->found(*disk_);
        is_owed_ = !note_.empty();
        loaded_kind_by_us_ = kind_of(*disk_); // as the daemon takes it
        is_map_pending_ = false;
        tell();
    }

    void restart_haproxy() {
        haproxy_kind_ = loaded_kind_by_us_ = kind_of(*disk_);
        haproxy_map_ = map_;
        is_owed_ = is_map_pending_ = false;
        machine_->process_met(&*disk_, now_);
        tell();
    }

    /// The next run takes what is on disk for what HAProxy runs, unless there is a note.
    void expect_known() {
        EXPECT_TRUE(!note_.empty() || kind_of(*disk_) == haproxy_kind_)
            << "on disk is kind " << kind_of(*disk_) << ", HAProxy runs " << haproxy_kind_;
        EXPECT_TRUE(!note_.empty() || map_ == haproxy_map_) << "HAProxy has an older map";
    }

    void keep_note() { note_ = machine_->noted(); }

    void step(bool succeeds) {
        const auto step = machine_->next(now_);
        keep_note();
        expect_known();
        if (const auto* const write = std::get_if<FileAndReload::Write>(&step))
            do_write(write->config, succeeds);
        else if (const auto* const reload = std::get_if<FileAndReload::Reload>(&step))
            do_reload(reload->config, succeeds);
        else if (const auto* const put_back = std::get_if<FileAndReload::PutBack>(&step))
            do_put_back(put_back->config, succeeds);
        keep_note();
    }

    void do_write(const haproxy::Config& config, bool succeeds) {
        const auto began = now_;
        now_ += std::chrono::milliseconds(pick(50));
        if (pick(4) == 0) { // it changes meanwhile
            wanted_ = Text{pick(4), pick(3)}.config();
            tell();
        }
        if (kind_of(config) == refused_kind) {
            machine_->refused(began, now_);
        } else if (succeeds) {
            disk_ = config;
            expect_known(); // killed here
            machine_->written(began, now_);
        } else {
            machine_->not_written(began, now_);
        }
    }

    void do_reload(const haproxy::Config& config, bool succeeds) {
        EXPECT_EQ(config.text(), disk_->text()) << "HAProxy is started from what is on disk";
        const auto began = now_;
        now_ += 20ms;
        is_map_in_reload_ = is_map_pending_;
        const int map = map_; // which the new process reads
        if (pick(4) == 0) {
            wanted_ = Text{pick(4), pick(3)}.config();
            tell();
        }
        if (pick(4) == 0)
            write_map();
        if (!succeeds || kind_of(config) == fatal_kind) {
            machine_->reload_failed(began, now_);
            return;
        }
        haproxy_kind_ = loaded_kind_by_us_ = kind_of(config);
        haproxy_map_ = map;
        is_owed_ = false;
        is_map_pending_ = is_map_pending_ && !is_map_in_reload_;
        machine_->reloaded(began);
        if (is_map_pending_)
            tell();
    }

    void do_put_back(const haproxy::Config& config, bool succeeds) {
        if (!succeeds) {
            machine_->not_put_back();
            return;
        }
        EXPECT_EQ(kind_of(config), haproxy_kind_) << "a restart must find what works";
        disk_ = config;
        machine_->was_put_back();
    }

    /// Nothing more happens, and everything works.
    void settle() {
        wanted_ = Text{1, 1}.config();
        tell();
        keep_note();
        for (int i = 0; i < 100 && !machine_->idle(); ++i) {
            const auto next = machine_->next_turn();
            if (next > now_ && next != Clock::time_point::max())
                now_ = next;
            step(true);
            wanted_ = Text{1, 1}.config();
            tell();
            keep_note();
            expect_known();
        }
        EXPECT_TRUE(machine_->idle()) << "it goes on for ever";
        EXPECT_EQ(disk_->text(), wanted_->text());
        EXPECT_EQ(haproxy_kind_, kind_of(*wanted_));
        EXPECT_EQ(haproxy_map_, map_);
        EXPECT_TRUE(note_.empty()) << "nothing is owed";
    }

    std::mt19937 random_;
    Clock::time_point now_{1'000s};
    std::optional<FileAndReload> machine_;
    std::optional<haproxy::Config> wanted_;
    std::optional<haproxy::Config> disk_;
    plan::Obstacles note_;      ///< on disk
    int haproxy_kind_ = 0;      ///< what HAProxy runs
    int loaded_kind_by_us_ = 0; ///< what the daemon takes it to run
    int map_ = 0;               ///< the version on disk of another file that HAProxy reads
    int haproxy_map_ = 0;
    bool is_map_pending_ = false;   ///< it was written, and HAProxy not reloaded since then
    bool is_map_in_reload_ = false; ///< it was written before the reload that is under way
    bool is_owed_ = false;          ///< by the run before, as far as this one knows
};

TEST(FileAndReloadWalks, AreRightAfterAnyHistory) {
    for (unsigned seed = 1; seed <= 5'000 / hitless::test::share_of_histories && !HasFailure();
         ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Walk(seed).run();
    }
}

} // namespace
} // namespace hitless::converge
