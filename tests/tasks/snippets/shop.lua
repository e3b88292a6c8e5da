local M = {}

function M.add(item, count)
  table.insert(M.items, item)
  return #M.items * count
end

return M
