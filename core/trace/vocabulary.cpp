// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "trace/vocabulary.h"

#include "trace/format.h"

#include <QMultiHash>

#include <functional>
#include <map>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cutover::trace {

namespace {

template <typename Owner, typename Type>
struct Field
{
    QLatin1StringView key;
    Type Owner::* member;
};

template <typename Owner, typename Type>
Field<Owner, Type> field(const char* key, Type Owner::* member)
{
    return { QLatin1StringView(key), member };
}

bool read(QStringView text, QString& out)
{
    out = text.toString();
    return true;
}

template <typename Number>
    requires std::is_integral_v<Number>
bool read(QStringView text, Number& out)
{
    bool ok = false;
    if constexpr (std::is_unsigned_v<Number>) {
        if (text == QLatin1StringView("(nil)")) {
            out = 0;
            return true;
        }
        const bool hex = text.startsWith(QLatin1StringView("0x"));
        const quint64 value = hex ? text.sliced(2).toULongLong(&ok, 16) : text.toULongLong(&ok, 10);
        out = static_cast<Number>(value);
        return ok && std::in_range<Number>(value);
    } else {
        const qint64 value = text.toLongLong(&ok, 10);
        out = static_cast<Number>(value);
        return ok && std::in_range<Number>(value);
    }
}

QJsonValue toJson(const QString& value)
{
    return value;
}

template <typename Number>
    requires std::is_integral_v<Number>
QJsonValue toJson(Number value)
{
    return static_cast<qint64>(value);
}

bool read(QStringView text, HostAddress& out)
{
    quint64 value = 0;
    const bool ok = read(text, value);
    out = HostAddress{ value };
    return ok;
}

QJsonValue toJson(HostAddress value)
{
    return QString(QStringLiteral("0x") + QString::number(std::to_underlying(value), 16));
}

struct Row
{
    QLatin1StringView format;
    std::function<Value(const QList<QStringView>&)> make;
};

struct Vocabulary
{
    QMultiHash<QStringView, Row> byName; ///< of the formats of one name the last added is tried first
    std::map<std::size_t, std::function<QJsonObject(const Value&)>> describe;
    QList<QString> names;

    template <typename Struct, typename... Fields>
    void add(const char16_t* name, const char* format, Fields... fields)
    {
        byName.insert(QStringView(name),
            Row{ .format = QLatin1StringView(format), .make = [=](const QList<QStringView>& parts) -> Value {
                    Struct value;
                    qsizetype next = 0;
                    const bool fits = parts.size() == qsizetype{ sizeof...(Fields) }
                        && (read(parts[next++], value.*(fields.member)) && ...);
                    return fits ? Value(std::move(value)) : Value();
                } });
        describe.try_emplace(Value(Struct{}).index(), [=](const Value& value) {
            QJsonObject object;
            [[maybe_unused]] const Struct& fieldsOwner = std::get<Struct>(value);
            (object.insert(fields.key, toJson(fieldsOwner.*(fields.member))), ...);
            return object;
        });
    }

    Vocabulary();
    void addCpr();
    void addMigration();
    void addState();
};

void Vocabulary::addCpr()
{
    add<CprSaveFd>(u"cpr_save_fd", "%s, id %d, fd %d", field("name", &CprSaveFd::name),
        field("id", &CprSaveFd::id), field("fd", &CprSaveFd::fd));
    add<CprDeleteFd>(
        u"cpr_delete_fd", "%s, id %d", field("name", &CprDeleteFd::name), field("id", &CprDeleteFd::id));
    add<CprFindFd>(u"cpr_find_fd", "%s, id %d returns %d", field("name", &CprFindFd::name),
        field("id", &CprFindFd::id), field("fd", &CprFindFd::fd));
    add<CprStateSave>(u"cpr_state_save", "%s mode", field("mode", &CprStateSave::mode));
    add<CprStateLoad>(u"cpr_state_load", "%s mode", field("mode", &CprStateLoad::mode));
    add<CprTransferInput>(u"cpr_transfer_input", "%s", field("path", &CprTransferInput::path));
    add<CprTransferOutput>(u"cpr_transfer_output", "%s", field("path", &CprTransferOutput::path));
    add<CprExec>(u"cpr_exec", "");
    add<QemuFilePutFd>(u"qemu_file_put_fd", "ioc %s, fd %d -> status %d",
        field("channel", &QemuFilePutFd::channel), field("fd", &QemuFilePutFd::fd),
        field("status", &QemuFilePutFd::status));
    add<QemuFileGetFd>(u"qemu_file_get_fd", "ioc %s -> fd %d", field("channel", &QemuFileGetFd::channel),
        field("fd", &QemuFileGetFd::fd));
    add<QemuRamAllocShared>(u"qemu_ram_alloc_shared", "%s size %d max_size %d fd %d host %p",
        field("name", &QemuRamAllocShared::name), field("size", &QemuRamAllocShared::size),
        field("maxSize", &QemuRamAllocShared::maxSize), field("fd", &QemuRamAllocShared::fd),
        field("host", &QemuRamAllocShared::host));
    add<VfioCprFindDevice>(u"vfio_cpr_find_device", "ioas_id %d, devid %d, hwpt_id %d",
        field("ioasId", &VfioCprFindDevice::ioasId), field("deviceId", &VfioCprFindDevice::deviceId),
        field("hwptId", &VfioCprFindDevice::hwptId));
    add<IommufdChangeProcess>(u"iommufd_change_process", "fd=%d (%d)", field("fd", &IommufdChangeProcess::fd),
        field("result", &IommufdChangeProcess::result));
    add<IommuBackendSetFd>(
        u"iommu_backend_set_fd", "pre-opened /dev/iommu fd=%d", field("fd", &IommuBackendSetFd::fd));
}

void Vocabulary::addMigration()
{
    add<MigrateSetState>(u"migrate_set_state", "new state %s", field("state", &MigrateSetState::state));
    add<MigrateError>(u"migrate_error", "error=%s", field("error", &MigrateError::error));
    add<MigrationCleanup>(u"migration_cleanup", "");
    add<MigrationCancel>(u"migration_cancel", "");
    add<MigrationCallNotifiers>(
        u"migration_call_notifiers", "type=%d", field("type", &MigrationCallNotifiers::type));
    add<MigrationSocketIncomingAccepted>(u"migration_socket_incoming_accepted", "");
    const auto host = field("host", &MigrationSocketOutgoingConnected::host);
    add<MigrationSocketOutgoingConnected>(u"migration_socket_outgoing_connected", "%s", host);
    add<MigrationSocketOutgoingConnected>(u"migration_socket_outgoing_connected", "hostname=%s", host);
    add<MigrationSocketOutgoingConnected>(u"migration_socket_outgoing_connected", "hostname=(null)");
    add<MigrationSocketOutgoingError>(
        u"migration_socket_outgoing_error", "error=%s", field("error", &MigrationSocketOutgoingError::error));
    const auto result = field("result", &ProcessIncomingMigrationCoEnd::result);
    add<ProcessIncomingMigrationCoEnd>(u"process_incoming_migration_co_end", "ret=%d", result);
    add<ProcessIncomingMigrationCoEnd>(
        u"process_incoming_migration_co_end", "ret=%d postcopy-state=%_", result);
    add<MigrateGlobalStatePreSave>(u"migrate_global_state_pre_save", "saved state: %s",
        field("state", &MigrateGlobalStatePreSave::state));
    add<MigrateGlobalStatePostLoad>(u"migrate_global_state_post_load", "loaded state: %s",
        field("state", &MigrateGlobalStatePostLoad::state));
    add<SourceReturnPathThreadShut>(
        u"source_return_path_thread_shut", "%p", field("value", &SourceReturnPathThreadShut::value));
    add<SourceReturnPathThreadBadEnd>(u"source_return_path_thread_bad_end", "");
    add<SourceReturnPathThreadEnd>(u"source_return_path_thread_end", "");
    add<MigrateSendRpMessage>(u"migrate_send_rp_message", "%d: len %d",
        field("type", &MigrateSendRpMessage::type), field("length", &MigrateSendRpMessage::length));
    add<RunstateSet>(u"runstate_set", "current_run_state %d (%s) new_state %d (%s)",
        field("fromNumber", &RunstateSet::from), field("from", &RunstateSet::fromName),
        field("toNumber", &RunstateSet::to), field("to", &RunstateSet::toName));
    add<VmStateNotify>(u"vm_state_notify", "running %d reason %d (%s)",
        field("running", &VmStateNotify::running), field("reasonNumber", &VmStateNotify::reason),
        field("reason", &VmStateNotify::reasonName));
    add<VmStopFlushAll>(u"vm_stop_flush_all", "ret %d", field("result", &VmStopFlushAll::result));
}

void Vocabulary::addState()
{
    add<VmstateDowntimeCheckpoint>(
        u"vmstate_downtime_checkpoint", "%s", field("name", &VmstateDowntimeCheckpoint::name));
    const auto downtime = [this]<typename Struct>(const char16_t* name, Struct) {
        add<Struct>(name, "type=%s idstr=%s instance_id=%d downtime=%d",
            field("type", &DowntimeSection::type), field("idstr", &DowntimeSection::idstr),
            field("instanceId", &DowntimeSection::instanceId),
            field("downtimeUs", &DowntimeSection::downtimeUs));
    };
    downtime(u"vmstate_downtime_save", VmstateDowntimeSave());
    downtime(u"vmstate_downtime_load", VmstateDowntimeLoad());
    add<SavevmSectionStart>(u"savevm_section_start", "%s, section_id %d",
        field("idstr", &SavevmSectionStart::idstr), field("sectionId", &SavevmSectionStart::sectionId));
    add<SavevmSectionEnd>(u"savevm_section_end", "%s, section_id %d -> %d",
        field("idstr", &SavevmSectionEnd::idstr), field("sectionId", &SavevmSectionEnd::sectionId),
        field("result", &SavevmSectionEnd::result));
    add<SavevmSectionSkip>(u"savevm_section_skip", "%s, section_id %d",
        field("idstr", &SavevmSectionSkip::idstr), field("sectionId", &SavevmSectionSkip::sectionId));
    add<LoadvmStateSection>(u"qemu_loadvm_state_section", "%d", field("type", &LoadvmStateSection::type));
    add<LoadvmStateSectionStartFull>(u"qemu_loadvm_state_section_startfull", "%d(%s) %d %d",
        field("sectionId", &LoadvmStateSectionStartFull::sectionId),
        field("idstr", &LoadvmStateSectionStartFull::idstr),
        field("instanceId", &LoadvmStateSectionStartFull::instanceId),
        field("versionId", &LoadvmStateSectionStartFull::versionId));
    add<LoadvmStateSectionPartEnd>(u"qemu_loadvm_state_section_partend", "%d",
        field("sectionId", &LoadvmStateSectionPartEnd::sectionId));
    add<VmstateSave>(u"vmstate_save", "%s, %s", field("idstr", &VmstateSave::idstr),
        field("description", &VmstateSave::description));
    add<VmstateLoad>(u"vmstate_load", "%s, %s", field("idstr", &VmstateLoad::idstr),
        field("description", &VmstateLoad::description));
    add<VmstateLoadStateFail>(u"vmstate_load_state_fail", "%s %s",
        field("description", &VmstateLoadStateFail::description),
        field("reason", &VmstateLoadStateFail::reason));
    add<VmstateLoadStateSuccess>(
        u"vmstate_load_state_success", "%s", field("description", &VmstateLoadStateSuccess::description));
    add<VmstateLoadFieldError>(u"vmstate_load_field_error", "field \"%s\" load failed, ret = %d",
        field("field", &VmstateLoadFieldError::field), field("result", &VmstateLoadFieldError::result));
}

Vocabulary::Vocabulary()
{
    addCpr();
    addMigration();
    addState();
}

const Vocabulary& vocabulary()
{
    static const Vocabulary instance;
    return instance;
}

} // namespace

Value parseValue(QStringView name, QStringView arguments)
{
    const auto [begin, end] = vocabulary().byName.equal_range(name);
    for (auto row = begin; row != end; ++row) {
        const auto parts = scan(arguments, row->format);
        if (!parts)
            continue;
        Value value = row->make(*parts);
        if (value.index() != 0)
            return value;
    }
    return {};
}

QJsonObject fieldsOf(const Value& value)
{
    const auto& describe = vocabulary().describe;
    const auto found = describe.find(value.index());
    return found == describe.end() ? QJsonObject() : found->second(value);
}

} // namespace cutover::trace
