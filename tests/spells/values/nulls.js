export default {
  list: params.list,
  is_null: params.list[1] === null,
  count: params.list.length,
  absent: params.field == null,
  made: [null, { kept: 1, dropped: undefined }],
};
