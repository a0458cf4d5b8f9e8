// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QDialog>

class QComboBox;
class QLabel;
class QListView;
class QPushButton;

namespace cutover::ui {

class LessonsModel;
struct DemoRequest;

/// Which lesson is to be shown: what it is about, on which VMM, and what this machine lacks for it.
class LessonsDialog : public QDialog
{
    Q_OBJECT
public:
    explicit LessonsDialog(QWidget* parent = nullptr);

Q_SIGNALS:
    void chosen(const cutover::ui::DemoRequest& request);

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeDetails();
    void showLesson();
    void showNeeds();
    void choose();
    DemoRequest request() const;

    LessonsModel* m_model;
    QListView* m_list;
    QLabel* m_title = nullptr;
    QLabel* m_text = nullptr;
    QLabel* m_vmmName = nullptr;
    QComboBox* m_vmm = nullptr;
    QLabel* m_needs = nullptr;
    QPushButton* m_start = nullptr;
};

} // namespace cutover::ui
