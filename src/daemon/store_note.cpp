#include "daemon/store_note.hpp"

#include "hitless/base/file.hpp"

#include "base/note_format.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace hitless::daemon {

using nlohmann::json;

StoreNote::StoreNote(const std::string& dest) : path_(base::companion_path(dest, "store.json")) {}

/// Reads the last run's note, once it can be read.
void StoreNote::read() {
    if (is_read_)
        return;
    const auto text = base::read_note(path_, base::most_of_note);
    if (!text) {
        spdlog::warn("whether etcd has lost its keys since the last run can't be told: {}",
                     text.error().message);
        return;
    }
    is_read_ = true;
    const json note = *text ? json::parse(**text, nullptr, false) : json();
    if (const auto known = base::expect_no_newer_build(note.is_object() ? base::note_format_of(note)
                                                                        : base::note_format);
        !known) {
        spdlog::warn("whether etcd has lost its keys since the last run can't be told: {}: {}",
                     path_, known.error().message);
        return;
    }
    // Whatever else is in the file, it is no note.
    if (note.is_object() && note.value("store", json()).is_string() &&
        note.value("index", json()).is_number_unsigned())
        noted_ = Position{note.at("store"), note.at("index")};
}

bool StoreNote::is_other(const keys::Update& snapshot) {
    read();
    return noted_ && !snapshot.store.empty() &&
           (snapshot.store != noted_->store || snapshot.index < noted_->index);
}

void StoreNote::see(const keys::Update& update) {
    if (update.kind == keys::Update::Kind::snapshot)
        seen_.store = update.store;
    seen_.index = update.index;
}

Result<void> StoreNote::write() {
    if (seen_.store.empty() || noted_ == seen_)
        return {};
    const Position position = seen_;
    const json note{{base::note_format_name, base::note_format},
                    {"store", position.store},
                    {"index", position.index}};
    auto staged = base::StagedFile::create(path_, note.dump() + '\n', {0600, {}, {}});
    if (!staged)
        return staged.error();
    if (auto committed = staged->commit(); !committed)
        return committed;
    noted_ = position;
    is_read_ = true;
    return {};
}

} // namespace hitless::daemon
